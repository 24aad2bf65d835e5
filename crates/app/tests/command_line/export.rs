//! What leaves the project, as other programs read it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use annota_core::format::{TextConfig, parquet, read_text};

use crate::shell::{Shell, messages};

#[test]
fn class_folders_hold_the_labels_of_the_last_export_alone() {
    let mut shell = Shell::new();
    shell.write("a.csv", "id,text,label\n1,one,a/b\n2,two,a_b\n3,three,a_b\n");
    shell.run("init p --classes a/b,a_b", "");
    shell.run("import a.csv --project p --as gold", "");
    let files =
        |shell: &Shell, class: &str| fs::read_dir(shell.path(class)).map_or(0, Iterator::count);
    let (code, out, err) = shell.run("export folders out --project p", "");
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!((files(&shell, "out/a_b"), files(&shell, "out/a_b_2")), (1, 2));

    // A list that somebody else wrote reaches nothing outside of the folder.
    let list = fs::read_to_string(shell.path("out/.annota-export")).expect("a list");
    let outside = shell.path("a.csv");
    shell.write("out/.annota-export", &format!("{list}../a.csv\n{}\n", outside.display()));

    shell.write("more.csv", "id,text,label\n2,two,a/b\n");
    shell.run("import more.csv --project p --as person:ann", "");
    let (code, out, err) = shell.run("export folders out --project p", "");
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!((files(&shell, "out/a_b"), files(&shell, "out/a_b_2")), (2, 1));
    assert!(outside.is_file());
}

#[test]
fn labels_of_a_model_outside_are_exported_as_predictions() {
    let mut shell = Shell::new();
    shell.write("a.csv", "text,label\none,a\ntwo,b\n");
    shell.run("init p --classes a,b", "");
    shell.run("import a.csv --project p --as model:gpt", "");
    let (code, out, err) = shell.run("export label-studio tasks.json --project p", "");
    assert_eq!(code, 0, "{out}{err}");
    let tasks = fs::read_to_string(shell.path("tasks.json")).expect("written");
    let tasks: serde_json::Value = serde_json::from_str(&tasks).expect("JSON");
    assert_eq!(tasks[0]["annotations"].as_array().map(Vec::len), Some(0));
    assert_eq!(tasks[0]["predictions"][0]["model_version"], "gpt");
}

#[test]
fn pictures_are_exported_as_a_data_set_of_the_hub() {
    let mut shell = Shell::new();
    let pictures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../model/tests/fixtures");
    for (name, class) in [("photo.jpg", "photo"), ("small.bmp", "drawing"), ("grey.jpg", "photo")] {
        fs::create_dir_all(shell.path("data").join(class)).expect("made");
        let to = shell.path("data").join(class).join(name);
        fs::copy(pictures.join(name), to).expect("copied");
    }
    shell.run("init p", "");
    shell.run("import data --project p --as gold --quiet", "");
    fs::remove_file(shell.path("data/drawing/small.bmp")).expect("it was there");
    let (code, _, err) = shell.run("export hugging-face hub --project p", "");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("drawing/small.bmp: cannot be placed"), "{err}");
    let table = fs::read_to_string(shell.path("hub/train/metadata.csv")).expect("written");
    let lines: Vec<Vec<&str>> = table.lines().map(|it| it.split(',').collect()).collect();
    assert_eq!(lines[0][..4], ["file_name", "id", "name", "label"]);
    assert_eq!(lines.len(), 3, "{table}");
    for line in &lines[1..] {
        assert!(shell.path("hub/train").join(line[0]).is_file(), "{line:?}");
        assert_eq!(line[3], "photo");
    }
    let card = fs::read_to_string(shell.path("hub/README.md")).expect("written");
    assert!(card.contains("image-classification"), "{card}");
    shell.write("messages.csv", &messages(1));
    let (code, _, err) = shell.run("import messages.csv --project p", "");
    assert_eq!(code, 2);
    assert!(err.contains("the project holds images, and these are texts"), "{err}");
}

/// A project `p` of two pictures that came as arrays, kept in it, and one in
/// `data/photo`, in the classes `1` and `photo`.
fn project_of_arrays_and_files() -> Shell {
    let mut shell = Shell::new();
    let idx = |shape: &[u8], values: &[u8]| {
        let sizes = shape.iter().flat_map(|it| [0, 0, 0, *it]);
        let head = [0, 0, 8, u8::try_from(shape.len()).expect("few")];
        head.into_iter().chain(sizes).chain(values.iter().copied()).collect::<Vec<u8>>()
    };
    let images = idx(&[2, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8]);
    fs::write(shell.path("t10k-images-idx3-ubyte"), images).expect("written");
    fs::write(shell.path("t10k-labels-idx1-ubyte"), idx(&[2], &[1, 1])).expect("written");
    fs::create_dir_all(shell.path("data/photo")).expect("made");
    let photo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../model/tests/fixtures/photo.jpg");
    fs::copy(photo, shell.path("data/photo/1.jpg")).expect("copied");
    shell.annota("init p").annota("import t10k-images-idx3-ubyte data --project p --as gold");
    shell
}

/// What the file at `path` says about where its pictures lie.
fn images(path: &Path) -> Vec<String> {
    let name = path.file_name().expect("a file").to_string_lossy();
    if name == "labels.json" {
        let tasks = fs::read(path).expect("written");
        let tasks: serde_json::Value = serde_json::from_slice(&tasks).expect("JSON");
        let image = |it: &serde_json::Value| it["data"]["image"].as_str().map(str::to_owned);
        return tasks.as_array().expect("tasks").iter().filter_map(image).collect();
    }
    let config = TextConfig { text_fields: vec!["image".to_owned()], ..TextConfig::detect() };
    let file = File::open(path).expect("written");
    let rows = match name.ends_with(".parquet") {
        true => parquet::read(file, &config),
        false => read_text(&name, file, &config),
    };
    rows.expect("readable").map(|it| it.expect("an item").text).collect()
}

#[test]
fn pictures_are_found_from_where_the_file_lies() {
    let shell = project_of_arrays_and_files();
    let files = [
        ("csv", "labels.csv"),
        ("jsonl", "labels.jsonl"),
        ("parquet", "labels.parquet"),
        ("label-studio", "labels.json"),
    ];
    for (format, file) in files {
        for (folder, starts) in [
            (".", ["p/items/", "p/items/", "data/photo/1.jpg"]),
            ("p", ["items/", "items/", "/"]),
            ("p/exports", ["/", "/", "/"]),
            ("data/photo/../deep", ["/", "/", "/"]),
            ("data/photo", ["/", "/", "1.jpg"]),
        ] {
            let (code, _, err) =
                shell.run(&format!("export {format} {folder}/{file} --project p"), "");
            assert_eq!(code, 0, "{err}");
            let folder = shell.path(folder);
            let images = images(&folder.join(file));
            assert_eq!(images.len(), 3, "{images:?}");
            for (image, start) in images.iter().zip(starts) {
                assert!(image.starts_with(start), "{image} in {}", folder.display());
                assert!(folder.join(image).is_file(), "{image} in {}", folder.display());
            }
        }
    }
}

#[test]
fn folders_hold_the_pictures_that_came_as_arrays() {
    let shell = project_of_arrays_and_files();
    for line in ["folders linked", "folders copied --copy", "hugging-face hub"] {
        let (code, _, err) = shell.run(&format!("export {line} --project p"), "");
        assert_eq!((code, err.as_str()), (0, ""), "{line}");
    }
    for (folder, n) in [("linked/1", 2), ("linked/photo", 1), ("copied/1", 2), ("hub/train", 4)] {
        let files = fs::read_dir(shell.path(folder)).expect("there");
        let whole = files.filter(|it| it.as_ref().is_ok_and(|it| it.path().is_file()));
        assert_eq!(whole.count(), n, "{folder}");
    }
}

#[test]
fn the_card_says_how_good_the_labels_are() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(60));
    shell.run("label messages.csv --project p --oracle gold --quiet", "");
    let (code, _, err) = shell.run("export hugging-face hub --project p", "");
    assert_eq!(code, 0, "{err}");
    let card = fs::read_to_string(shell.path("hub/README.md")).expect("written");
    let figures = card.lines().find(|it| it.starts_with("| accuracy of the labels |"));
    let figures: Vec<&str> = figures.expect("measured").split('|').map(str::trim).collect();
    assert!(0.9 <= figures[2].parse::<f64>().expect("a figure"), "{figures:?}");
    assert_eq!(figures[4], "120 items with gold");
}
