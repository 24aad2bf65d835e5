//! What leaves the project, as other programs read it.

use std::{fs, path::PathBuf};

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
