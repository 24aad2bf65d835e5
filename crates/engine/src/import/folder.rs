//! Folders of pictures or of text files, with or without a folder per class,
//! and folders of tables.
//!
//! A folder is taken for what it mostly holds, and the rest is passed over and
//! counted: most data sets come with a licence, a table or a picture about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::{Component, Path, PathBuf},
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{TextFormat, encoding},
    item::{ContentHash, Media},
};
use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::{
    Inspect, Sink,
    batch::{self, BATCH_LEN, Outcome},
    by_kind, stored_path, table,
};
use crate::{
    Error, Watch,
    store::{NewItem, Source},
};

/// Larger files are not pictures that anybody labels as a whole.
const MAX_FILE_SIZE: u64 = 512 << 20;
/// Longest path below the imported folder, in bytes: it is indexed.
const MAX_PATH_SIZE: usize = 2_000;
/// Folders that divide a data set rather than name a class.
const SPLITS: [&str; 9] =
    ["train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"];
/// Fewer pictures or text files than this may be what came with tables.
const FEW: u64 = 10;
/// Text files that tell about a data set, without their extension.
const ABOUT: [&str; 6] = ["readme", "license", "licence", "copying", "notice", "citation"];
/// Extensions of pictures, with the format they promise.
const EXTENSIONS: [(&str, ImageFormat); 9] = [
    ("jpg", ImageFormat::Jpeg),
    ("jpeg", ImageFormat::Jpeg),
    ("jpe", ImageFormat::Jpeg),
    ("png", ImageFormat::Png),
    ("webp", ImageFormat::WebP),
    ("gif", ImageFormat::Gif),
    ("bmp", ImageFormat::Bmp),
    ("tif", ImageFormat::Tiff),
    ("tiff", ImageFormat::Tiff),
];

/// What a picture's first bytes say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ImageFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
}

impl ImageFormat {
    fn name(self) -> &'static str {
        match self {
            ImageFormat::Jpeg => "JPEG",
            ImageFormat::Png => "PNG",
            ImageFormat::WebP => "WebP",
            ImageFormat::Gif => "GIF",
            ImageFormat::Bmp => "BMP",
            ImageFormat::Tiff => "TIFF",
        }
    }

    fn of_bytes(bytes: &[u8]) -> Option<ImageFormat> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(ImageFormat::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(ImageFormat::Gif),
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(ImageFormat::Bmp),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(ImageFormat::Tiff),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
                Some(ImageFormat::WebP)
            }
            _ => None,
        }
    }

    fn of_extension(extension: &str) -> Option<ImageFormat> {
        EXTENSIONS.iter().find(|it| it.0 == extension).map(|it| it.1)
    }
}

/// What a first walk through a folder found.
#[derive(Default)]
struct Survey {
    n_files: u64,
    n_images: u64,
    n_texts: u64,
    // Those of the texts that tell about the others.
    n_about: u64,
    n_tables: u64,
    // Folders below the imported one that hold files, and whether any of those
    // lie deeper still.
    first_level: BTreeMap<String, bool>,
    second_level: BTreeSet<String>,
    by_extension: BTreeMap<String, u64>,
}

/// What a folder is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Every file is an item.
    Files(Media),
    /// Every file is a table of texts.
    Tables,
}

/// Imports all files below `root` that are of the folder's kind.
pub(super) fn import(sink: &mut Sink<'_>, root: &Path, watch: &dyn Watch) -> Result<(), Error> {
    let survey = survey(root, sink.project.folder(), watch)?;
    let held = sink.project.config().media;
    match survey.kind(held) {
        Kind::Files(media) => files(sink, root, &survey, media, watch)?,
        Kind::Tables => tables(sink, root, watch)?,
    }
    if watch.interrupted() {
        return Err(Error::Interrupted);
    }
    if sink.report.n_items() == 0 {
        return Err(survey.nothing_found(root, held));
    }
    Ok(())
}

/// Imports every file as an item, with the name of its folder as its label.
fn files(
    sink: &mut Sink<'_>,
    root: &Path,
    survey: &Survey,
    media: Media,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let depth = survey.class_depth();
    if sink.finds_classes() {
        let level = if depth == 0 {
            survey.first_level.keys().cloned().collect()
        } else {
            survey.second_level.iter().cloned().collect()
        };
        sink.add_classes(level)?;
    }
    let project = sink.project.folder();
    let (inspect, encoding) = (sink.config.inspect, sink.config.text.encoding.clone());
    let max_text_len = sink.config.text.max_text_len;
    let reader = Reader { root, project, media, depth, inspect, encoding, max_text_len };
    batch::stream(sink, Some(survey.n_files), watch, |hand| {
        let mut entries = walk(root, project).peekable();
        while entries.peek().is_some() && !watch.interrupted() {
            let chunk: Vec<Found> = entries.by_ref().take(BATCH_LEN).collect();
            let outcomes = chunk.into_par_iter().map(|it| reader.read(it)).collect();
            if !hand(outcomes) {
                break;
            }
        }
        Ok(())
    })
}

/// Imports every table; one that cannot be read costs itself alone.
fn tables(sink: &mut Sink<'_>, root: &Path, watch: &dyn Watch) -> Result<(), Error> {
    for found in walk(root, sink.project.folder()) {
        match named(root, found) {
            Err(diagnostic) => sink.leave_out(diagnostic)?,
            Ok((path, name)) if is_table(&path) => {
                table::import_among_others(sink, &path, &name, watch)?;
            }
            Ok((path, _)) => sink.pass_over(extension(&path)),
        }
    }
    Ok(())
}

/// A file, or why the walk stumbled.
type Found = Result<DirEntry, walkdir::Error>;

/// All files below `root` in a fixed order, without hidden ones and without
/// what belongs to a project.
fn walk<'a>(root: &Path, project: &'a Path) -> impl Iterator<Item = Found> + 'a {
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    let walk = walk.filter_entry(move |it| it.depth() == 0 || !is_passed_over(it, project));
    walk.filter(|it| it.as_ref().map_or(true, |it| it.file_type().is_file()))
}

fn is_passed_over(entry: &DirEntry, project: &Path) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_of_project = entry.path().parent() == Some(project)
        && (name.starts_with("annota.")
            || ["matrices", "models", "exports", "items", super::LOG].contains(&&*name));
    name.starts_with('.')
        || is_of_project
        || (entry.file_type().is_dir() && entry.path().join("annota.toml").is_file())
}

fn survey(root: &Path, project: &Path, watch: &dyn Watch) -> Result<Survey, Error> {
    let mut survey = Survey::default();
    for found in walk(root, project) {
        survey.n_files += 1;
        if survey.n_files.is_multiple_of(1_000) && watch.interrupted() {
            return Err(Error::Interrupted);
        }
        if let Ok(entry) = found {
            survey.count(root, entry.path());
        }
    }
    Ok(survey)
}

impl Survey {
    fn count(&mut self, root: &Path, path: &Path) {
        let extension = extension(path);
        let relative = path.strip_prefix(root).unwrap_or(path);
        if ImageFormat::of_extension(&extension).is_some() {
            self.n_images += 1;
        } else if extension == "txt" {
            self.n_texts += 1;
            self.n_about += u64::from(is_about(path));
        } else if is_table(path) {
            self.n_tables += 1;
        }
        *self.by_extension.entry(extension).or_default() += 1;
        let names: Vec<String> = folders(relative);
        if let Some(first) = names.first() {
            *self.first_level.entry(first.clone()).or_default() |= 1 < names.len();
        }
        if let Some(second) = names.get(1) {
            self.second_level.insert(second.clone());
        }
    }

    /// What the folder mostly is, for a project that holds `held`.
    ///
    /// Pictures, if there are [`FEW`] or more, or more than tables and a tenth of
    /// the text files (JSON apart, which may describe a picture each). Otherwise
    /// text files, if there are as many, or more than tables. Otherwise tables.
    fn kind(&self, held: Option<Media>) -> Kind {
        let is_beside = |n: u64, n_others: u64| n < FEW && n <= n_others;
        let n_json = self.by_extension.get("json").unwrap_or(&0);
        let has_pictures = !is_beside(self.n_images, self.n_tables - n_json + self.n_texts / FEW);
        let has_texts = 0 < self.n_texts + self.n_tables;
        match held {
            Some(Media::Image) => Kind::Files(Media::Image),
            None if has_pictures || !has_texts => Kind::Files(Media::Image),
            _ if self.n_tables == 0 => Kind::Files(Media::Text),
            _ if is_beside(self.n_texts - self.n_about, self.n_tables) => Kind::Tables,
            _ => Kind::Files(Media::Text),
        }
    }

    /// Which folder below the imported one names the class: the first, unless
    /// that only divides the set (`train/cat/1.jpg`).
    fn class_depth(&self) -> usize {
        let divides = |(name, has_folders): (&String, &bool)| {
            *has_folders && SPLITS.contains(&name.to_lowercase().as_str())
        };
        usize::from(!self.first_level.is_empty() && self.first_level.iter().all(divides))
    }

    fn nothing_found(&self, root: &Path, held: Option<Media>) -> Error {
        let media = match self.kind(held) {
            Kind::Files(media) => media,
            Kind::Tables => Media::Text,
        };
        let found = by_kind(&self.by_extension);
        let found = if found.is_empty() { "no files".to_owned() } else { found };
        Error::input(
            format!("no {} in `{}`\n  found: {found}", media.plural(), root.display()),
            match held {
                Some(held) => format!(
                    "the project holds {}; make another one for the others, with `annota init`",
                    held.plural()
                ),
                None => "images are .jpg .png .webp .gif .bmp .tif, texts .txt .csv .tsv .jsonl \
                         .parquet"
                    .to_owned(),
            },
        )
    }
}

/// Turns files into items.
struct Reader<'a> {
    root: &'a Path,
    project: &'a Path,
    media: Media,
    depth: usize,
    inspect: &'a dyn Inspect,
    encoding: Option<String>,
    max_text_len: usize,
}

impl Reader<'_> {
    fn read(&self, found: Found) -> Outcome {
        let (path, name) = match named(self.root, found) {
            Ok(named) => named,
            Err(diagnostic) => return Outcome::LeftOut(diagnostic),
        };
        let result = match self.media {
            Media::Image => self.picture(&path, &name),
            Media::Text => self.text(&path, &name),
        };
        let (item, warning) = match result {
            Ok(Some(read)) => read,
            Ok(None) => return Outcome::Ignored { extension: extension(&path) },
            Err(diagnostic) => return Outcome::LeftOut(diagnostic),
        };
        let relative = path.strip_prefix(self.root).unwrap_or(&path);
        let label = folders(relative).into_iter().nth(self.depth);
        Outcome::Ready { item: Box::new(item), label, warning }
    }

    /// A picture, with a warning if its name promises another format; `None`
    /// for a file that neither is nor is called a picture.
    fn picture(
        &self,
        path: &Path,
        name: &str,
    ) -> Result<Option<(NewItem, Option<Diagnostic>)>, Diagnostic> {
        let promised = ImageFormat::of_extension(&extension(path));
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return Err(unreadable(name, &error)),
        };
        let size = file.metadata().map_or(0, |it| it.len());
        let mut bytes = Vec::new();
        let head = file.by_ref().take(16).read_to_end(&mut bytes);
        head.map_err(|it| unreadable(name, &it))?;
        let Some(format) = ImageFormat::of_bytes(&bytes) else {
            return match promised {
                None => Ok(None),
                Some(_) => Err(not_a_picture(name, &bytes)),
            };
        };
        if MAX_FILE_SIZE < size {
            let message = format!("file of {} MiB, the limit is 512", size >> 20);
            return Err(Diagnostic::new(name, message).help("save it smaller, or cut it up"));
        }
        bytes.reserve(size as usize);
        file.read_to_end(&mut bytes).map_err(|it| unreadable(name, &it))?;
        let facts = self.inspect.inspect(name, &bytes)?;
        let warning = (promised != Some(format)).then(|| {
            Diagnostic::new(
                name,
                format!("called .{}, but it is {}", extension(path), format.name()),
            )
            .help("imported as what it is; rename it if other programs stumble")
        });
        let item = NewItem {
            content_hash: ContentHash::of(&bytes),
            identity: name.to_owned(),
            media: Media::Image,
            name: name.to_owned(),
            external_id: None,
            source: Source::File(stored_path(self.project, path)),
            size: Some((facts.width, facts.height)),
        };
        Ok(Some((item, warning)))
    }

    /// A whole file as one text; `None` for a file that is not called .txt.
    fn text(
        &self,
        path: &Path,
        name: &str,
    ) -> Result<Option<(NewItem, Option<Diagnostic>)>, Diagnostic> {
        if extension(path) != "txt" {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        // No encoding takes more than four bytes where UTF-8 takes one.
        let limit = 4 * self.max_text_len as u64 + 4;
        let read = File::open(path).and_then(|it| it.take(limit).read_to_end(&mut bytes));
        read.map_err(|it| unreadable(name, &it))?;
        let too_long = || {
            let message = format!("text of more than {} bytes", self.max_text_len);
            Diagnostic::new(name, message)
                .help("split it into parts that can be labelled one by one")
        };
        if bytes.len() as u64 == limit {
            return Err(too_long());
        }
        let text = encoding::decoded(&bytes, self.encoding.as_deref())
            .map_err(|it| Diagnostic { place: name.to_owned(), ..it })?;
        if self.max_text_len < text.len() {
            return Err(too_long());
        }
        if text.trim().is_empty() {
            return Err(
                Diagnostic::new(name, "empty text").help("write something there, or leave it out")
            );
        }
        if let Some(at) = text.find('\0') {
            return Err(Diagnostic::new(name, format!("NUL byte at byte {at} of the text"))
                .help("remove it; texts hold no binary data"));
        }
        let item = NewItem {
            content_hash: ContentHash::of(text.as_bytes()),
            identity: name.to_owned(),
            media: Media::Text,
            name: name.to_owned(),
            external_id: None,
            source: Source::Inline(text),
            size: None,
        };
        Ok(Some((item, None)))
    }
}

/// The path of a file, and what it is called in the project: where it lies below
/// `root`.
fn named(root: &Path, found: Found) -> Result<(PathBuf, String), Diagnostic> {
    let path = found.map_err(|it| stumbled(root, &it))?.into_path();
    let relative = path.strip_prefix(root).unwrap_or(&path);
    let Some(name) = relative.to_str().map(|it| it.replace('\\', "/")) else {
        let place = relative.to_string_lossy();
        return Err(Diagnostic::new(place, "the name is not UTF-8").help("rename the file"));
    };
    if MAX_PATH_SIZE < name.len() {
        let message = format!("path of {} bytes, the limit is {MAX_PATH_SIZE}", name.len());
        return Err(Diagnostic::new(name, message).help("shorten it"));
    }
    Ok((path, name))
}

/// Whether a file is called like a table of texts; a .txt is one text.
fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    extension(path) != "txt" && TextFormat::of(&name).is_some()
}

/// Whether a file is called as those are that tell about a data set.
fn is_about(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    ABOUT.contains(&&*stem)
}

/// The extension in lower case, empty without one.
fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// The names of the folders above a file, outermost first.
fn folders(relative: &Path) -> Vec<String> {
    let folders = relative.parent().unwrap_or(Path::new("")).components();
    let names = folders.filter_map(|it| match it {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    names.collect()
}

fn not_a_picture(name: &str, head: &[u8]) -> Diagnostic {
    if head.is_empty() {
        return Diagnostic::new(name, "empty file").help("copy or download it again");
    }
    let start: String =
        head.iter().take(8).flat_map(|it| it.escape_ascii()).map(char::from).collect();
    Diagnostic::new(name, format!("not a picture: it begins with `{start}`"))
        .help("open it to see what it is; JPEG, PNG, WebP, GIF, BMP and TIFF can be imported")
}

/// Why a file cannot be read, and the way out.
pub(super) fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    let (message, help) = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            ("no permission to read it", "allow it, with `chmod +r`")
        }
        io::ErrorKind::NotFound => ("it is gone", "was it moved while importing? import again"),
        _ => {
            return Diagnostic::new(name, format!("cannot be read: {error}"))
                .help("check the disk");
        }
    };
    Diagnostic::new(name, message).help(help)
}

/// Why the walk could not go on at one place.
fn stumbled(root: &Path, error: &walkdir::Error) -> Diagnostic {
    let path = error.path().unwrap_or(root);
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    if let Some(ancestor) = error.loop_ancestor() {
        let message = format!("a link that leads back to `{}`", ancestor.display());
        return Diagnostic::new(name, message).help("what it leads to is imported once; remove it");
    }
    match std::fs::read_link(path) {
        Ok(target) if !path.exists() => {
            Diagnostic::new(name, format!("a link to nothing: `{}`", target.display()))
                .help("restore what it led to, or remove it")
        }
        _ => {
            let error = error.io_error().map(|it| io::Error::new(it.kind(), it.to_string()));
            let error = error.unwrap_or_else(|| io::Error::other("it cannot be entered"));
            unreadable(&name, &error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, path::Path};

    use annota_core::item::Media;

    use super::{ImageFormat, Kind, Survey, folders, not_a_picture, unreadable};

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        assert_eq!(ImageFormat::of_bytes(b"\xff\xd8\xff\xe0rest"), Some(ImageFormat::Jpeg));
        assert_eq!(ImageFormat::of_bytes(b"RIFF1234WEBPVP8 "), Some(ImageFormat::WebP));
        assert_eq!(ImageFormat::of_bytes(b"RIFF1234WAVEfmt "), None);
        assert_eq!(ImageFormat::of_bytes(b"BMW is a car"), None);
        assert_eq!(ImageFormat::of_bytes(b""), None);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_a_way_out() {
        let denied = unreadable("a/1.png", &io::Error::from(io::ErrorKind::PermissionDenied));
        let expected = "a/1.png: no permission to read it\n    help: allow it, with `chmod +r`";
        assert_eq!(denied.to_string(), expected);
        assert_eq!(not_a_picture("1.png", b"").message, "empty file");
        let html = not_a_picture("1.png", b"<html>\n<body>");
        assert_eq!(html.message, "not a picture: it begins with `<html>\\n<`");
    }

    /// What a folder with this many files is taken for.
    fn kind(n_by_name: &[(&str, u64)], held: Option<Media>) -> Kind {
        let mut survey = Survey::default();
        for (name, n) in n_by_name {
            for _ in 0..*n {
                survey.count(Path::new("/root"), &Path::new("/root").join(name));
            }
        }
        survey.kind(held)
    }

    #[test]
    fn a_folder_is_what_it_mostly_holds() {
        let [pictures, texts] = [Kind::Files(Media::Image), Kind::Files(Media::Text)];
        let cases: [(&[(&str, u64)], Kind); 16] = [
            (&[], pictures),
            (&[("c", 3)], pictures),
            (&[("logo.png", 1), ("a.csv", 1)], Kind::Tables),
            (&[("README.txt", 1), ("License.txt", 1), ("a.csv", 1)], Kind::Tables),
            (&[("figure.png", 2), ("notes.txt", 2), ("a.parquet", 3)], Kind::Tables),
            (&[("a.json", 1), ("README.txt", 1)], Kind::Tables),
            (&[("cat/1.png", 2), ("metadata.csv", 1), ("README.txt", 1)], pictures),
            (&[("1.png", 10), ("1.csv", 100)], pictures),
            (&[("1.png", 3), ("1.json", 3), ("all.json", 1)], pictures),
            (&[("1.png", 8), ("1.txt", 8), ("classes.txt", 2)], pictures),
            (&[("1.png", 1), ("README.txt", 1)], pictures),
            (&[("logo.png", 1), ("pos/1.txt", 10)], texts),
            (&[("pos/1.txt", 3), ("index.csv", 1)], texts),
            (&[("pos/1.txt", 10), ("a.csv", 20)], texts),
            (&[("README.txt", 1)], texts),
            (&[("logo.png", 1), ("README.txt", 1), ("a.csv", 1)], Kind::Tables),
        ];
        for (files, expected) in cases {
            assert_eq!(kind(files, None), expected, "{files:?}");
        }
        assert_eq!(kind(&[("1.png", 1), ("a.csv", 9)], Some(Media::Image)), pictures);
        assert_eq!(kind(&[("1.png", 99), ("a.csv", 1)], Some(Media::Text)), Kind::Tables);
        assert_eq!(kind(&[("1.png", 99)], Some(Media::Text)), texts);
    }

    #[test]
    fn splits_are_not_classes_unless_they_hold_pictures_themselves() {
        let depth = |paths: &[&str]| {
            let mut survey = Survey::default();
            for path in paths {
                survey.count(Path::new("/root"), &Path::new("/root").join(path));
            }
            survey.class_depth()
        };
        assert_eq!(depth(&["cat/1.png", "dog/1.png"]), 0);
        assert_eq!(depth(&["train/cat/1.png", "test/cat/2.png"]), 1);
        assert_eq!(depth(&["train/1.png", "test/2.png"]), 0);
        assert_eq!(depth(&["1.png"]), 0);
        assert_eq!(folders(Path::new("a/b/c.png")), ["a", "b"]);
    }
}
