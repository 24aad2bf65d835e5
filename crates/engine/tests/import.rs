//! Import: what becomes an item, what is reported, and that importing again
//! adds nothing.

mod common;

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{Pixels, TextConfig},
    item::Media,
};
use annota_engine::{
    Error, Unwatched, Watch,
    annotate::{Annotator, AnnotatorKind},
    import::{ImageFacts, ImportConfig, ImportReport, Inspect, by_kind, import},
    project::{Project, ProjectConfig},
};
use common::NOW;
use expect_test::{Expect, expect};

/// Reads the head and the end of PNG files; knows nothing of other formats.
struct PngInspect;

impl Inspect for PngInspect {
    fn inspect(&self, place: &str, bytes: &[u8]) -> Result<ImageFacts, Diagnostic> {
        if !bytes.starts_with(b"\x89PNG") {
            return Ok(ImageFacts { width: 1, height: 1 });
        }
        let pixels = |at: usize| {
            let bytes = bytes.get(at..at + 4).and_then(|it| it.try_into().ok());
            bytes.map_or(0, u32::from_be_bytes)
        };
        let facts = ImageFacts { width: pixels(16), height: pixels(20) };
        if 1_000_000_000 < u64::from(facts.width) * u64::from(facts.height) {
            let message = format!("{} x {} pixels, too large", facts.width, facts.height);
            return Err(Diagnostic::new(place, message).help("save it smaller"));
        }
        if !bytes.ends_with(b"IEND\xaeB`\x82") {
            return Err(Diagnostic::new(place, "truncated").help("copy it again"));
        }
        Ok(facts)
    }
}

fn picture(shade: u8) -> Vec<u8> {
    Pixels { width: 2, height: 1, channels: 1, values: vec![shade, 0] }.png()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("has one")).expect("made");
    fs::write(path, bytes).expect("written");
}

struct Fixture {
    data: tempfile::TempDir,
    _folder: tempfile::TempDir,
    project: Project,
}

fn fixture(classes: &[&str]) -> Fixture {
    let (data, folder) = (tempfile::tempdir(), tempfile::tempdir());
    let (data, folder) = (data.expect("a folder"), folder.expect("a folder"));
    let classes = classes.iter().map(ToString::to_string).collect();
    let config = ProjectConfig { classes, ..ProjectConfig::default() };
    let project = Project::create(folder.path(), config, Duration::ZERO).expect("made");
    Fixture { data, _folder: folder, project }
}

impl Fixture {
    fn write(&self, name: &str, bytes: &[u8]) {
        write(self.data.path(), name, bytes);
    }

    fn try_import(&mut self, name: &str, watch: &dyn Watch) -> Result<ImportReport, Error> {
        let gold = Annotator { name: "gold".to_owned(), kind: AnnotatorKind::Gold };
        let config = ImportConfig {
            labels_as: Some(gold),
            text: TextConfig::detect(),
            inspect: &PngInspect,
            at: NOW,
        };
        import(&self.project, &self.data.path().join(name), &config, watch)
    }

    fn import(&mut self, name: &str) -> ImportReport {
        self.try_import(name, &Unwatched).expect("imports")
    }

    fn error(&mut self, name: &str) -> String {
        let message = self.try_import(name, &Unwatched).expect_err("cannot").to_string();
        message
            .replace(&self.data.path().canonicalize().expect("there").display().to_string(), "DATA")
    }

    /// `name class` of every item, in order.
    fn labelled(&self) -> Vec<String> {
        let store = self.project.store();
        let facts = store.annotations(None).expect("read");
        let names = store.item_names().expect("read");
        let classes = store.classes();
        let line = |name: &annota_engine::store::ItemName| {
            let fact = facts.iter().rfind(|it| it.said_of == name.id);
            let class = fact.and_then(|it| it.fact.label.clone()).and_then(|it| it.class());
            format!("{} {}", name.name, class.map_or("-", |it| &classes[it.index()]))
        };
        names.iter().map(line).collect()
    }
}

fn counts(report: &ImportReport) -> [u64; 5] {
    [
        report.n_added,
        report.n_duplicates,
        report.n_already_there,
        report.n_left_out,
        report.n_labels,
    ]
}

fn check(report: &ImportReport, expected: &Expect) {
    let lines: Vec<String> = report.diagnostics.iter().map(|it| format!("{it}\n")).collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn class_folders_become_labelled_items_once() {
    let mut it = fixture(&[]);
    it.write("dog/1.png", &picture(1));
    it.write("dog/deep/2.png", &picture(2));
    it.write("cat/1.png", &picture(3));
    it.write("cat/same.png", &picture(3));
    it.write("loose.png", &picture(4));
    it.write("dog/notes.md", b"not a picture");
    it.write(".hidden/1.png", &picture(9));

    let report = it.import("");
    assert_eq!(counts(&report), [4, 1, 0, 0, 4]);
    assert_eq!(report.n_ignored(), 1);
    assert_eq!(report.new_classes, ["cat", "dog"]);
    let expected =
        ["cat/1.png cat", "cat/same.png cat", "dog/1.png dog", "dog/deep/2.png dog", "loose.png -"];
    assert_eq!(it.labelled(), expected);
    let items = it.project.store().items(None, 10).expect("read");
    assert_eq!(items[1].duplicate_of, Some(items[0].id));
    assert_eq!(items[0].size, Some((2, 1)));
    assert_eq!(it.project.read_item(&items[0]).expect("there"), picture(3));
    assert_eq!(it.project.config().media, Some(Media::Image));

    assert_eq!(counts(&it.import("")), [0, 0, 5, 0, 0]);
    it.write("cat/new.png", &picture(5));
    assert_eq!(counts(&it.import("")), [1, 0, 5, 0, 1]);
    assert_eq!(it.project.store().events().expect("read").len(), 3);
}

#[test]
fn splits_are_folders_above_the_classes() {
    let mut it = fixture(&[]);
    it.write("train/cat/1.png", &picture(1));
    it.write("train/dog/1.png", &picture(2));
    it.write("test/dog/1.png", &picture(3));
    assert_eq!(counts(&it.import("")), [3, 0, 0, 0, 3]);
    let expected = ["test/dog/1.png dog", "train/cat/1.png cat", "train/dog/1.png dog"];
    assert_eq!(it.labelled(), expected);
}

#[test]
fn bad_pictures_cost_themselves_alone() {
    let mut it = fixture(&["cat", "dog"]);
    let good = picture(1);
    it.write("cat/good.png", &good);
    it.write("cat/empty.png", b"");
    it.write("cat/half.png", &good[..good.len() - 9]);
    let mut huge = good.clone();
    huge[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    it.write("cat/huge.png", &huge);
    it.write("cat/page.jpg", b"<html>404</html>");
    it.write("cat/really.jpg", &picture(2));
    it.write("cats/1.png", &picture(3));
    it.write("elephants/1.png", &picture(4));

    let report = it.import("");
    assert_eq!(counts(&report), [2, 0, 0, 6, 2]);
    assert_eq!(report.n_warnings, 1);
    check(
        &report,
        &expect![[r"
            cat/empty.png: empty file
                help: copy or download it again
            cat/half.png: truncated
                help: copy it again
            cat/huge.png: 50000 x 50000 pixels, too large
                help: save it smaller
            cat/page.jpg: not a picture: it begins with `<html>40`
                help: open it to see what it is; JPEG, PNG, WebP, GIF, BMP and TIFF can be imported
            cat/really.jpg: called .jpg, but it is PNG
                help: imported as what it is; rename it if other programs stumble
            cats/1.png: unknown class: `cats`
                help: did you mean `cat`?
            elephants/1.png: unknown class: `elephants`
                help: the classes are: cat, dog
        "]],
    );
    let log = fs::read_to_string(report.log.expect("written")).expect("there");
    assert!(log.starts_with("import at 2023-11-14T22:13:20Z\n  cat/empty.png: empty file\n"));
    assert_eq!(log.lines().count(), 1 + 2 * 7);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_bad_ones_reported() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, os::unix::fs::symlink};
    let mut it = fixture(&[]);
    it.write("1.png", &picture(1));
    symlink("gone.png", it.data.path().join("broken.png")).expect("made");
    symlink("1.png", it.data.path().join("copy.png")).expect("made");
    fs::create_dir(it.data.path().join("folder")).expect("made");
    symlink("..", it.data.path().join("folder/loop")).expect("made");
    let odd = it.data.path().join(OsStr::from_bytes(b"odd\xff.png"));
    fs::write(odd, picture(2)).expect("written");

    let report = it.import("");
    assert_eq!(counts(&report), [1, 1, 0, 3, 0]);
    let lines: Vec<String> = report.diagnostics.iter().map(|it| it.message.clone()).collect();
    assert_eq!(lines[0], "a link to nothing: `gone.png`");
    assert!(lines[1].starts_with("a link that leads back to `"), "{lines:?}");
    assert_eq!(lines[2], "the name is not UTF-8");
}

#[test]
fn a_folder_without_pictures_says_what_it_holds() {
    let mut it = fixture(&[]);
    it.write("a.pdf", b"%PDF");
    it.write("b.pdf", b"%PDF");
    it.write("c", b"?");
    expect![[r"
        no images in `DATA`
          found: 2 .pdf, 1 without extension
          help: images are .jpg .png .webp .gif .bmp .tif, texts .txt .csv .tsv .jsonl .parquet"]]
    .assert_eq(&it.error(""));
    expect![[r"
        cannot import `DATA/nowhere`: No such file or directory (os error 2)
          help: check the path"]]
    .assert_eq(&it.error("nowhere"));
    assert!(it.error("a.pdf").contains("a file of this kind is not known"));
}

#[test]
fn a_project_may_lie_among_its_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "1.png", &picture(1));
    let config = ProjectConfig::default();
    let project = Project::create(folder.path(), config, Duration::ZERO).expect("made");
    write(folder.path(), "exports/1.png", &picture(2));
    let config =
        ImportConfig { labels_as: None, text: TextConfig::detect(), inspect: &PngInspect, at: NOW };
    let report = import(&project, folder.path(), &config, &Unwatched).expect("imports");
    assert_eq!(counts(&report), [1, 0, 0, 0, 0]);
    let item = &project.store().items(None, 1).expect("read")[0];
    let relative = annota_engine::store::Source::File("1.png".into());
    assert_eq!(item.source, relative);
}

#[test]
fn tables_are_read_by_field_and_again_without_effect() {
    let mut it = fixture(&["politics", "sport"]);
    let text =
        "id,text,label\n7,The vote,politics\n8,The match,Politics\n9,,sport\n10,The cup,sport\n";
    it.write("news.csv", text.as_bytes());
    let report = it.import("news.csv");
    assert_eq!(counts(&report), [2, 0, 0, 2, 2]);
    check(
        &report,
        &expect![[r#"
            news.csv:3: unknown class: `Politics`
                help: did you mean `politics`?
            news.csv:4: empty text
                help: write something there, or leave it out
        "#]],
    );
    assert_eq!(it.labelled(), ["news.csv:2 politics", "news.csv:5 sport"]);
    let items = it.project.store().items(None, 10).expect("read");
    assert_eq!(items[1].external_id.as_deref(), Some("10"));
    assert_eq!(it.project.config().media, Some(Media::Text));
    assert_eq!(counts(&it.import("news.csv")), [0, 0, 2, 2, 0]);
}

#[test]
fn a_table_that_cannot_be_read_costs_itself_alone() {
    let mut it = fixture(&[]);
    it.write("a.csv", b"text,label\nThe vote,politics\n");
    it.write("b.csv", b"");
    let labels: Vec<String> = (0..6_000).map(|it| format!("text,{it}\n")).collect();
    it.write("c.csv", format!("text,label\n{}", labels.concat()).as_bytes());
    it.write("d.parquet", b"PAR1");
    it.write("e.csv", b"text,label\nThe match,sport\n");

    let report = it.import("");
    assert_eq!(counts(&report), [2, 0, 0, 3, 2]);
    check(
        &report,
        &expect![[r#"
            b.csv: the file is empty
                help: is it the right file?
            c.csv: more than 5000 different labels, as `0`
                help: is it the right field (`--label-field`)? if so, name the classes in `annota.toml`
            d.parquet: not a readable Parquet file: EOF: Parquet file too small. Size is 4 but need 8
                help: is it the right file?
        "#]],
    );
    assert_eq!(it.labelled(), ["a.csv:2 politics", "e.csv:2 sport"]);
    assert_eq!(it.project.config().media, Some(Media::Text));
    assert_eq!(it.project.store().events().expect("read").len(), 1);
}

#[cfg(unix)]
#[test]
fn a_table_that_is_gone_is_reported() {
    let mut it = fixture(&[]);
    it.write("a.csv", b"text\none\n");
    std::os::unix::fs::symlink("gone.csv", it.data.path().join("b.csv")).expect("made");
    let report = it.import("");
    assert_eq!(counts(&report), [1, 0, 0, 1, 0]);
    check(
        &report,
        &expect![[r#"
            b.csv: a link to nothing: `gone.csv`
                help: restore what it led to, or remove it
        "#]],
    );
}

#[test]
fn what_lies_beside_tables_is_passed_over() {
    let mut it = fixture(&[]);
    it.write("train/a.csv", b"text,label\nThe vote,politics\n");
    it.write("README.txt", b"Two tables of news.");
    it.write("LICENSE.txt", b"Do what you like.");
    it.write("logo.png", &picture(1));
    let report = it.import("");
    assert_eq!(counts(&report), [1, 0, 0, 0, 1]);
    assert_eq!(by_kind(&report.n_ignored_by_extension), "2 .txt, 1 .png");
    assert_eq!(it.labelled(), ["train/a.csv:2 politics"]);
}

#[test]
fn what_lies_beside_pictures_is_passed_over() {
    let mut it = fixture(&[]);
    it.write("cat/1.png", &picture(1));
    it.write("dog/1.png", &picture(2));
    it.write("README.txt", b"Cats and dogs.");
    it.write("LICENSE", b"Do what you like.");
    it.write("metadata.csv", b"text,label\ncat/1.png,cat\n");
    let report = it.import("");
    assert_eq!(counts(&report), [2, 0, 0, 0, 2]);
    assert_eq!(by_kind(&report.n_ignored_by_extension), "1 without extension, 1 .csv, 1 .txt");
    assert_eq!(it.labelled(), ["cat/1.png cat", "dog/1.png dog"]);
}

#[test]
fn lines_may_repeat_and_move() {
    let mut it = fixture(&[]);
    it.write("lines.txt", b"good\nbad\ngood\n");
    assert_eq!(counts(&it.import("lines.txt")), [2, 1, 0, 0, 0]);
    it.write("lines.txt", b"new\ngood\nbad\ngood\n");
    assert_eq!(counts(&it.import("lines.txt")), [1, 0, 3, 0, 0]);
}

#[test]
fn classes_found_in_a_table_do_not_depend_on_its_order() {
    let mut it = fixture(&[]);
    it.write("digits.csv", b"text,label\nten,10\nnine,9\none,1\n");
    assert_eq!(it.import("digits.csv").new_classes, ["1", "9", "10"]);
}

#[test]
fn a_missing_field_is_named_with_those_there_are() {
    let mut it = fixture(&[]);
    it.write("reviews.jsonl", b"{\"key\":1,\"stars\":5}\n{\"key\":2,\"stars\":4}\n");
    let message = it.error("reviews.jsonl");
    assert!(message.starts_with("cannot import `reviews.jsonl`: "), "{message}");
    assert!(message.contains("--text-field"), "{message}");
}

#[test]
fn text_files_are_items_and_bad_ones_cost_themselves() {
    let mut it = fixture(&[]);
    it.write("pos/1.txt", "sehr gut".as_bytes());
    it.write("neg/1.txt", "sehr schlecht".as_bytes());
    it.write("neg/empty.txt", b" \n");
    it.write("neg/huge.txt", "x".repeat(10_000_000).as_bytes());
    it.write("neg/nul.txt", b"a text with a \0 in the middle");
    let report = it.import("");
    assert_eq!(counts(&report), [2, 0, 0, 3, 2]);
    check(
        &report,
        &expect![[r#"
            neg/empty.txt: empty text
                help: write something there, or leave it out
            neg/huge.txt: text of more than 1048576 bytes
                help: split it into parts that can be labelled one by one
            neg/nul.txt: NUL byte at byte 14 of the text
                help: remove it; texts hold no binary data
        "#]],
    );
    assert_eq!(it.labelled(), ["neg/1.txt neg", "pos/1.txt pos"]);
}

/// The bytes of an IDX file of unsigned bytes.
fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, u8::try_from(shape.len()).expect("few")];
    bytes.extend(shape.iter().flat_map(|it| it.to_be_bytes()));
    bytes.extend(values);
    bytes
}

#[test]
fn arrays_of_pixels_become_files_of_the_project() {
    let mut it = fixture(&[]);
    it.write("t10k-images-idx3-ubyte", &idx(&[3, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4]));
    it.write("t10k-labels-idx1-ubyte", &idx(&[3], &[7, 2, 7]));
    let report = it.import("t10k-images-idx3-ubyte");
    assert_eq!(counts(&report), [2, 1, 0, 0, 3]);
    assert_eq!(report.new_classes, ["2", "7"]);
    let items = it.project.store().items(None, 10).expect("read");
    let path = it.project.item_path(&items[0]).expect("a file");
    assert!(path.starts_with(it.project.items_folder()), "{}", path.display());
    let bytes = fs::read(&path).expect("there");
    assert!(bytes.starts_with(b"\x89PNG"));

    fs::write(&path, &bytes[..10]).expect("written");
    assert_eq!(counts(&it.import("t10k-images-idx3-ubyte")), [0, 0, 3, 0, 0]);
    assert_eq!(fs::read(&path).expect("there"), bytes, "a torn file is mended");
}

#[test]
fn labels_of_nobody_are_counted_and_left_alone() {
    let it = fixture(&[]);
    it.write("cat/1.png", &picture(1));
    let config =
        ImportConfig { labels_as: None, text: TextConfig::detect(), inspect: &PngInspect, at: NOW };
    let report = import(&it.project, it.data.path(), &config, &Unwatched).expect("imports");
    assert_eq!((report.n_labels, report.n_labels_unused), (0, 1));
    assert!(it.project.store().classes().is_empty());
}

/// Asks to stop once something is stored.
#[derive(Default)]
struct StopEarly(AtomicBool);

impl Watch for StopEarly {
    fn progress(&self, _: &'static str, _: u64, _: Option<u64>) {
        self.0.store(true, Ordering::Relaxed);
    }
    fn note(&self, _: &str) {}
    fn interrupted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn an_interrupted_import_goes_on() {
    let mut it = fixture(&[]);
    let lines: Vec<String> = (0..9_000).map(|it| it.to_string()).collect();
    it.write("lines.txt", lines.join("\n").as_bytes());
    let stopped = it.try_import("lines.txt", &StopEarly::default());
    assert!(matches!(stopped, Err(Error::Interrupted)));
    let n_stored = it.project.store().n_items().expect("read");
    assert!(0 < n_stored && n_stored < 9_000, "{n_stored}");
    assert_eq!(counts(&it.import("lines.txt")), [9_000 - n_stored, 0, n_stored, 0, 0]);
}
