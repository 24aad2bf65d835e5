//! The command line as a user meets it: exit code, standard output and standard
//! error of every step in one snapshot.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use expect_test::{Expect, expect};
use tempfile::TempDir;

/// A folder of its own, in which commands are run one after the other.
struct Shell {
    folder: TempDir,
    told: String,
}

impl Shell {
    fn new() -> Shell {
        Shell { folder: tempfile::tempdir().expect("a folder"), told: String::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&mut self, name: &str, text: &str) -> &mut Shell {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("made");
        fs::write(path, text).expect("written");
        self
    }

    /// Runs `annota` with the words of `line`, and notes what happened.
    fn annota(&mut self, line: &str) -> &mut Shell {
        self.annota_with(line, "")
    }

    /// The same with `input` on standard input.
    fn annota_with(&mut self, line: &str, input: &str) -> &mut Shell {
        let (code, out, err) = self.run(line, input);
        self.told += &format!("$ annota {line}\n{out}");
        // On a slow day progress is told, once a second.
        let is_progress = |it: &&str| it.ends_with(')') && it.contains("/s");
        self.told.extend(err.lines().filter(|it| !is_progress(it)).map(|it| format!("! {it}\n")));
        if code != 0 {
            self.told += &format!("exit code {code}\n");
        }
        self
    }

    fn run(&self, line: &str, input: &str) -> (i32, String, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_annota"))
            .args(line.split_whitespace())
            .current_dir(&self.folder)
            .env("ANNOTA_CACHE", self.path("cache"))
            .env("ANNOTA_RUNTIME", "rten")
            .env("USER", "mia")
            .env("COLUMNS", "100")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // Programs that do not read their input close it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        let code = output.status.code().expect("not killed by a signal");
        (code, self.shown(&output.stdout), self.shown(&output.stderr))
    }

    /// Output without what differs between runs: the folder's place.
    fn shown(&self, bytes: &[u8]) -> String {
        let real = self.folder.path().canonicalize().expect("it exists");
        let text = String::from_utf8_lossy(bytes).into_owned();
        let text = text.replace(&real.display().to_string(), "DIR");
        text.replace(&self.folder.path().display().to_string(), "DIR")
    }

    fn check(&self, expected: &Expect) {
        expected.assert_eq(&self.told);
    }
}

/// Messages about two things, in the classes `delivery` and `payment`.
fn messages(n: usize) -> String {
    let mut text = "id,text,label\n".to_owned();
    for it in 0..n {
        text += &format!("d{it},where is my parcel number {it},delivery\n");
        text += &format!("p{it},please refund the payment of invoice {it},payment\n");
    }
    text
}

#[test]
fn without_a_project_every_command_says_how_to_make_one() {
    Shell::new().annota("status").annota("train").annota("select --project nowhere").check(
        &expect![[r#"
            $ annota status
            ! error: no project in `DIR` or above it
            !   help: name one with `--project DIR`, or make one with `annota init`
            exit code 2
            $ annota train
            ! error: no project in `DIR` or above it
            !   help: name one with `--project DIR`, or make one with `annota init`
            exit code 2
            $ annota select --project nowhere
            ! error: not a project: `nowhere`
            !   help: make one with `annota init nowhere`, or name another folder
            exit code 2
        "#]],
    );
}

#[test]
fn a_project_is_made_once_and_says_where_it_stands() {
    Shell::new()
        .annota("init pets --classes cat,dog")
        .annota("status --project pets")
        .annota("init pets")
        .annota("init more --classes cat,cat")
        .check(&expect![[r#"
            $ annota init pets --classes cat,dog
            made a project: DIR/pets
            $ annota status --project pets
            project      DIR/pets (SQLite)
            items        0, and 0 duplicates
            classes      cat, dog
            annotations  none
            auto labels  0
            $ annota init pets
            ! error: there already is a project: `DIR/pets`
            !   help: go on with it (`annota status`), or name another folder
            exit code 2
            $ annota init more --classes cat,cat
            ! error: class listed twice: `cat`
            !   help: name them like `--classes cat,dog`
            exit code 2
        "#]]);
}

#[test]
fn wrong_arguments_say_what_is_expected() {
    Shell::new()
        .annota("simulate x --max-error 5")
        .annota("select --strategy smart")
        .annota("import x --as me")
        .check(&expect![[r#"
            $ annota simulate x --max-error 5
            ! error: invalid value '5' for '--max-error <SHARE>': expected a number between 0 and 1, such as 0.05
            ! 
            ! For more information, try '--help'.
            exit code 2
            $ annota select --strategy smart
            ! error: invalid value 'smart' for '--strategy <NAME>': the strategies are: random, entropy, margin, least_confidence, k_means, typiclust, k_center, badge, prob_cover, drop_query, uherding, discriminative
            ! 
            ! For more information, try '--help'.
            exit code 2
            $ annota import x --as me
            ! error: invalid value 'me' for '--as <WHO>': expected gold, crowd:NAME, model:NAME or person:NAME
            ! 
            ! For more information, try '--help'.
            exit code 2
        "#]]);
}

#[test]
fn a_bad_line_costs_that_line_alone() {
    let lines = "text\tlabel\nGoal!\tsport\nBudget passed\tpolitcs\nRain\nElection\tpolitics\nGoal!\tsport\n";
    Shell::new()
        .write("news.tsv", lines)
        .annota("init p --classes sport,politics")
        .annota("import news.tsv --project p --as gold")
        .annota("import news.tsv --project p --as gold")
        .annota("import nothing.csv --project p")
        .check(&expect![[r#"
            $ annota init p --classes sport,politics
            made a project: DIR/p
            $ annota import news.tsv --project p --as gold
            news.tsv: 2 new items
              1 with the content of another item
              2 left out
              3 labels that came with the data
              news.tsv: text from text, label from label, id from none, UTF-8
            ! warning: 2 of 5 items were left out or are odd
            !   news.tsv:3: unknown class: `politcs`
            !     help: did you mean `politics`?
            !   news.tsv:4: found 1 of 2 fields
            !     help: quote a field that holds the delimiter or a line end
            $ annota import news.tsv --project p --as gold
            news.tsv: 0 new items
              3 already there
              2 left out
              news.tsv: text from text, label from label, id from none, UTF-8
            ! warning: 2 of 5 items were left out or are odd
            !   news.tsv:3: unknown class: `politcs`
            !     help: did you mean `politics`?
            !   news.tsv:4: found 1 of 2 fields
            !     help: quote a field that holds the delimiter or a line end
            $ annota import nothing.csv --project p
            ! error: cannot import `nothing.csv`: No such file or directory (os error 2)
            !   help: check the path
            exit code 2
        "#]]);
}

#[test]
fn a_person_answers_line_by_line() {
    Shell::new()
        .write("messages.csv", &messages(4))
        .annota("init p --classes delivery,payment")
        .annota("import messages.csv --project p")
        .annota("train --project p")
        .annota("embed --project p")
        .annota_with("annotate --project p --budget 3 --quiet", "delivery\nundo\n1\n5\nskip\nq\n")
        .annota("train --project p --rng-seed 3")
        .annota("status --project p")
        .check(&expect![[r#"
            $ annota init p --classes delivery,payment
            made a project: DIR/p
            $ annota import messages.csv --project p
            messages.csv: 8 new items
              8 labels left alone: say whose they are, with `--as`
              messages.csv: text from text, label from label, id from id, UTF-8
            $ annota train --project p
            ! error: nothing is embedded yet
            !   help: run `annota embed` first
            exit code 2
            $ annota embed --project p
            embedded 8 items with all-minilm-l6-v2+rten+6ce732249450fa48, 0 were cached
            $ annota annotate --project p --budget 3 --quiet
            labelled 1 item; 1 of 8 are
            ! 1 of 3  messages.csv:5  (typical of many items)
            ! please refund the payment of invoice 1
            ! 2 of 3  messages.csv:4  (typical of many items)
            ! where is my parcel number 1
            ! 1 of 3  messages.csv:5  (typical of many items)
            ! please refund the payment of invoice 1
            ! 2 of 3  messages.csv:4  (typical of many items)
            ! where is my parcel number 1
            ! unknown class: `5`
            ! 3 of 3  messages.csv:2  (typical of many items)
            ! where is my parcel number 0
            $ annota train --project p --rng-seed 3
            model version 1, learned from 1 item
            right, out of fold: not enough data (1 of 21)
            $ annota status --project p
            project      DIR/p (SQLite)
            items        8, and 0 duplicates
            classes      delivery, payment
            annotations  1 training
            auto labels  0

            annotator  kind    annotations
            mia        person            2
        "#]]);
}

#[test]
fn answers_come_from_a_file() {
    Shell::new()
        .write("messages.csv", &messages(3))
        .write("gold.csv", "id,label\nd0,delivery\np0,payment\np1,paiment\n")
        .write("other.csv", "id,label\nx,delivery\n")
        .annota("init p --classes delivery,payment")
        .annota("import messages.csv --project p --quiet")
        .annota("annotate --from gold.csv --project p")
        .write("gold.csv", "id,label\nd0,delivery\np0,payment\n")
        .annota("annotate --from gold.csv --project p")
        .annota("annotate --oracle other.csv --project p")
        .check(&expect![[r#"
            $ annota init p --classes delivery,payment
            made a project: DIR/p
            $ annota import messages.csv --project p --quiet
            messages.csv: 6 new items
              6 labels left alone: say whose they are, with `--as`
              messages.csv: text from text, label from label, id from id, UTF-8
            $ annota annotate --from gold.csv --project p
            ! error: cannot use the answers in `gold.csv`: unknown class in line 4: `paiment`
            !   help: the schema has: delivery, payment
            exit code 2
            $ annota annotate --from gold.csv --project p
            labelled 2 items; 2 of 6 are
            $ annota annotate --oracle other.csv --project p
            ! error: the oracle knows no item of this project
            !   help: import labels with `--as gold`, or check the names in the file
            exit code 2
        "#]]);
}

#[test]
fn a_file_is_labelled_certified_and_exported_in_one_go() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(100));
    let (code, out, err) = shell.run("label messages.csv --oracle gold --json --quiet", "");
    assert_eq!((code, err.as_str()), (0, ""));
    let labelled: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(labelled["outcome"], "certified");
    assert_eq!(labelled["items"], 200);
    let count = |field: &str| labelled[field].as_u64().expect("a count");
    assert!(0 < count("auto_labels"));
    assert_eq!(count("auto_labels") + count("labelled_by_people"), 200);
    assert_eq!(labelled["certificate"]["max_error"], 0.05);

    let (code, again, _) = shell.run("label messages.csv --oracle gold --json --quiet", "");
    assert_eq!(code, 0);
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(again["certificate"], labelled["certificate"], "nothing is asked twice");

    let (code, out, _) = shell.run("export csv labels.csv --project messages.csv.annota -q", "");
    assert_eq!(code, 0, "{out}");
    let labels = fs::read_to_string(shell.path("labels.csv")).expect("written");
    assert_eq!(labels.lines().count(), 201);
    let wrong =
        labels.lines().skip(1).filter(|it| it.starts_with('d') != it.contains(",delivery,"));
    assert!(wrong.count() <= 10, "at most 5 % are wrong");
    assert!(shell.path("certificate.txt").is_file());

    let (code, out, err) =
        shell.run("plan --project messages.csv.annota --plots drawn --quiet", "");
    assert_eq!(code, 0, "{err}");
    assert!(
        out.starts_with("a certificate shows it: at most 5.0 % of the labels are wrong"),
        "{out}"
    );
    let drawn = fs::read_to_string(shell.path("drawn/learning-curve.svg")).expect("written");
    assert!(drawn.contains("expected accuracy"), "{drawn}");
}

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
fn an_audit_that_shows_nothing_certifies_nothing() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(100));
    shell.run("label messages.csv --project p --oracle gold --budget 8 --quiet", "");
    let (code, out, _) =
        shell.run("auto-label --project p --oracle gold --audit 20 --json --quiet", "");
    let said: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &said["outcome"]), (1, &"audit-shows-nothing".into()), "{out}");
    assert_eq!(said["certificate"], serde_json::Value::Null);
    // 20 flawless answers prove nothing; the message says how many could.
    let least = said["audit_shows_nothing"]["smallest_audit"].as_u64().expect("a number");
    assert!(20 < least && least < 200, "{out}");
    let (_, out, _) = shell.run("auto-label --project p --oracle gold --audit 20 --quiet", "");
    assert!(out.contains("no audit of fewer than "), "{out}");
}

#[test]
fn items_that_look_alike_are_told_after_embed() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &(messages(4) + "x,WHERE is my Parcel number 2,delivery\n"));
    shell.annota("init p").annota("import messages.csv --project p");
    shell.annota("embed --project p").check(&expect![[r#"
        $ annota init p
        made a project: DIR/p
        $ annota import messages.csv --project p
        messages.csv: 9 new items
          9 labels left alone: say whose they are, with `--as`
          messages.csv: text from text, label from label, id from id, UTF-8
        $ annota embed --project p
        embedded 9 items with all-minilm-l6-v2+rten+6ce732249450fa48, 0 were cached
        1 item looks almost like an earlier one
          messages.csv:10 like messages.csv:6 (cosine 1.0000)
    "#]]);
}

#[test]
fn each_class_is_certified_by_itself() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(150));
    shell.annota("label messages.csv --project p --oracle gold --budget 40 --quiet");
    shell.annota("auto-label --project p --oracle gold --claim class --audit 20 --quiet");
    let line = "auto-label --project p --oracle gold --claim class --max-error 0.1 --json";
    let (code, out, err) = shell.run(line, "");
    assert_eq!(code, 0, "{err}");
    let labelled: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let certificate = &labelled["certificate"];
    assert_eq!(certificate["claim"], "each-class");
    let shown = certificate["precision"].as_array().expect("one a class");
    assert_eq!(shown.len(), 2);
    for (shown, class) in shown.iter().zip(["delivery", "payment"]) {
        assert_eq!(shown["class"], class);
        // The model makes no mistake here, so the whole class is vouched for.
        assert_eq!(shown["region"], shown["population"]);
        assert_eq!(shown["region_errors"], 0);
    }
    let n_auto = certificate["n_auto_labelled"].as_u64().expect("a number");
    let population = certificate["population"].as_u64().expect("a number");
    let n_audited = certificate["n_audited"].as_u64().expect("a number");
    assert!(0 < n_auto && n_auto == population - n_audited, "{out}");
    assert_eq!(labelled["auto_labels"], n_auto);
    shell.check(&expect![[r#"
        $ annota label messages.csv --project p --oracle gold --budget 40 --quiet
        300 items: 40 labelled by people, 0 automatically
        260 are left to people: `annota label --project …` asks about them
        nothing was shown with this budget: raise `--budget`
        project: DIR/p
        exit code 1
        $ annota auto-label --project p --oracle gold --claim class --audit 20 --quiet
        300 items: 60 labelled by people, 0 automatically
        240 are left to people: `annota label --project …` asks about them
        the audit does not show the goal, and nothing was labelled
          0 of 20 audited labels were wrong
          no audit of fewer than 144 items can show it: ask about more, with `--audit`
        project: DIR/p
        exit code 1
    "#]]);
}

#[test]
fn a_replay_tells_its_cost_by_seed_and_as_a_mean() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(100));
    let line = "simulate messages.csv --max-error 0.1 --confidence 0.95 --seeds 2 --json --quiet --out drawn";
    let (code, out, err) = shell.run(line, "");
    assert_eq!((code, err.as_str()), (0, ""));
    let simulated: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let runs = simulated["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2);
    for run in runs {
        let answers = &run["answers"];
        let part = |name: &str| answers[name].as_u64().expect("a count");
        let sum = part("training") + part("calibration") + part("audit") + part("left_to_people");
        assert_eq!(part("total"), sum);
        assert_eq!((run["items"].as_u64(), run["classes"].as_u64()), (Some(200), Some(2)));
        assert_eq!(run["certificate_held"], true);
        let automatically = run["coverage"].as_f64().expect("a share") * 200.0;
        assert!((automatically + sum as f64 - 200.0).abs() < 1e-6);
    }
    assert!(simulated["mean"]["true_error"].as_f64().expect("a share") <= 0.1);
    for name in ["simulate.json", "costs.svg", "costs.png"] {
        assert!(shell.path("drawn").join(name).is_file(), "{name}");
    }
    let (_, again, _) = shell.run(line, "");
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(again["runs"][0]["answers"], runs[0]["answers"], "equal seeds, equal runs");
}

#[test]
fn a_file_of_labels_beside_the_data_is_replayed() {
    let mut shell = Shell::new();
    let labelled = messages(40);
    let texts = labelled.lines().map(|it| it.rsplit_once(',').expect("three fields").0);
    let gold = labelled.lines().map(|it| {
        let (id, rest) = it.split_once(',').expect("three fields");
        format!("{id},{}\n", rest.rsplit_once(',').expect("three fields").1)
    });
    shell.write("texts.csv", &texts.map(|it| format!("{it}\n")).collect::<String>());
    shell.write("gold.csv", &gold.collect::<String>());
    let (code, out, err) = shell.run("simulate texts.csv --gold gold.csv --json --quiet", "");
    assert_eq!(code, 0, "{err}");
    let simulated: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let run = &simulated["runs"][0];
    assert_eq!((run["items"].as_u64(), run["classes"].as_u64()), (Some(80), Some(2)), "{out}");
}

#[test]
fn an_import_that_brings_nothing_fails() {
    Shell::new()
        .write("photos/cat.jpg", "no picture")
        .write("messages.csv", "text\nhello\n")
        .annota("init p")
        .annota("import photos --project p")
        .annota("import messages.csv --project p")
        .annota("import photos --project p --json")
        .check(&expect![[r#"
            $ annota init p
            made a project: DIR/p
            $ annota import photos --project p
            ! warning: 1 of 1 items were left out or are odd
            !   cat.jpg: not a picture: it begins with `no pictu`
            !     help: open it to see what it is; JPEG, PNG, WebP, GIF, BMP and TIFF can be imported
            ! error: nothing in `photos` could be used
            !   found: 1 item, which was left out
            !   help: mend what is listed, or give another file or folder
            exit code 2
            $ annota import messages.csv --project p
            messages.csv: 1 new item
              messages.csv: text from text, label from none, id from none, UTF-8
            $ annota import photos --project p --json
            {
              "error": "no texts in `DIR/photos`",
              "details": [
                "found: 1 .jpg",
                "help: the project holds texts; make another one for the others, with `annota init`"
              ]
            }
            ! error: no texts in `DIR/photos`
            !   found: 1 .jpg
            !   help: the project holds texts; make another one for the others, with `annota init`
            exit code 2
        "#]]);
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

#[test]
fn files_that_can_carry_code_are_refused() {
    Shell::new()
        .write("model.pt", "PK\u{3}\u{4}")
        .annota("models add model.pt")
        .annota("models add model.onnx")
        .write("model.onnx", "\u{8}\u{7} but no graph")
        .annota("models add model.onnx")
        .annota("models pull resnet-9000")
        .check(&expect![[r#"
            $ annota models add model.pt
            ! error: cannot add `model.pt`: cannot use `model.pt`: it is a Python pickle, which runs code of its author when it is read
            !   help: export the network to ONNX where it was trained, with `torch.onnx.export` or `optimum-cli export onnx`
            exit code 2
            $ annota models add model.onnx
            ! error: cannot add `model.onnx`: cannot access `model.onnx`: No such file or directory (os error 2)
            exit code 2
            $ annota models add model.onnx
            ! error: cannot add `model.onnx`: it does not run: rten failed on model: its file is damaged
            exit code 2
            $ annota models pull resnet-9000
            ! error: unknown model: `resnet-9000`
            !   known: efficientnet-lite0, all-minilm-l6-v2, multilingual-e5-small-zh-en, resnet-50, mobilenet-v4-small, vit-base-patch16-224, dinov2-small, dinov2-base, clip-vit-base-patch32, bert-base-uncased, bert-base-chinese, all-mpnet-base-v2, bge-small-en-v1.5, bge-small-zh-v1.5, bge-base-en-v1.5, bge-base-zh-v1.5, multilingual-e5-small
            exit code 2
        "#]]);
}

#[test]
fn the_catalogue_of_strategies_is_printed() {
    Shell::new().annota("strategies").check(&expect![[r#"
        $ annota strategies
        strategy          what it chooses
        random            Random sampling: rows drawn uniformly.
        entropy           Entropy sampling: the rows whose predicted distribution is flattest.
        margin            Margin sampling: the rows whose two likeliest classes are closest.
        least_confidence  Least confidence: the rows whose likeliest class is least likely.
        k_means           k-means: the rows nearest the centroids of the unlabelled rows.
        typiclust         TypiClust: the most typical row of each cluster without a label.
        k_center          k-center greedy: repeatedly the row farthest from every label.
        badge             BADGE: rows whose gradients would be large and unlike each other.
        prob_cover        ProbCover: the rows whose neighbourhoods cover most of the pool.
        drop_query        DropQuery: a spread of the rows whose prediction changes under dropout.
        uherding          UHerding: the rows that cover most of what the model is unsure about.
        discriminative    Discriminative: the rows most easily told apart from the labelled ones.
    "#]]);
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let shell = Shell::new();
    let (_, completions, _) = shell.run("completions bash", "");
    let (_, manual, _) = shell.run("man", "");
    let (_, help, _) = shell.run("--help", "");
    let commands = help.split("Commands:").nth(1).and_then(|it| it.split("\n\n").next());
    let names: Vec<&str> =
        commands.expect("a list").lines().filter_map(|it| it.split_whitespace().next()).collect();
    assert!(10 < names.len());
    for name in names.iter().filter(|it| **it != "help") {
        assert!(completions.contains(&format!(" {name} ")), "{name}");
        assert!(manual.contains(&format!("ANNOTA {}", name.to_uppercase())), "{name}");
    }
}
