//! From a file to certified labels.

use std::fs;

use expect_test::expect;

use crate::shell::{Shell, messages};

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
