//! Nothing lost: `annota label`, killed again and again while it asks, loses no
//! answer after which it asked the next question, and comes to its certificate.
//!
//! `bench/crash.py` does the same for much longer, with the clock.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

const N_KILLS: usize = 12;

fn annota(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annota"));
    command.current_dir(folder).env("ANNOTA_CACHE", folder.join("cache"));
    command.env("ANNOTA_RUNTIME", "rten").env("USER", "mia").env("COLUMNS", "100");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// `annota label`, and what it asks.
struct Label {
    child: Child,
    questions: std::io::Lines<BufReader<ChildStderr>>,
}

impl Label {
    fn start(folder: &Path) -> Label {
        let words = "label messages.csv --project project --terminal --max-error 0.1";
        let mut command = annota(folder);
        command.args(words.split(' ')).args(["--classes", "delivery,payment"]);
        let mut child = command.spawn().expect("it starts");
        let questions = BufReader::new(child.stderr.take().expect("piped")).lines();
        Label { child, questions }
    }

    /// The text that is asked about next; `None` once it has ended.
    fn question(&mut self) -> Option<String> {
        let mut lines = self.questions.by_ref().map_while(Result::ok);
        lines.find(|it| class_of(it).is_some())
    }

    fn answer(&mut self, class: &str) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{class}").and_then(|()| stdin.flush()).expect("it listens");
    }

    fn kill(mut self) {
        self.child.kill().expect("may kill");
        self.child.wait().expect("it ends");
    }
}

/// What a person would answer to `text`.
fn class_of(text: &str) -> Option<&'static str> {
    let starts = |start: &str| text.starts_with(start);
    if starts("where is my parcel") {
        Some("delivery")
    } else {
        starts("please refund").then_some("payment")
    }
}

/// What `mia` answered, by text, as `annota export` tells it.
fn answers(folder: &Path, round: usize) -> BTreeMap<String, String> {
    let name = format!("labels-{round}.jsonl");
    let arguments = ["export", "jsonl", &name, "--project", "project"];
    let output = annota(folder).args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let labels = fs::read_to_string(folder.join(name)).expect("written");
    let row = |line: &str| -> Option<(String, String)> {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let said = row["annotations"].as_array()?.iter().rfind(|it| it["annotator"] == "mia")?;
        Some((row["text"].as_str()?.to_owned(), said["label"].as_str()?.to_owned()))
    };
    labels.lines().filter_map(row).collect()
}

#[test]
fn label_killed_while_it_asks_loses_no_acknowledged_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut table = "text\n".to_owned();
    for it in 0..150 {
        table += &format!("where is my parcel number {it}\n");
        table += &format!("please refund the payment of invoice {it}\n");
    }
    fs::write(folder.join("messages.csv"), table).expect("written");

    let mut rng = fastrand::Rng::with_seed(11);
    let mut acknowledged: BTreeMap<String, &str> = BTreeMap::new();
    for round in 0..N_KILLS {
        let mut label = Label::start(folder);
        let mut answered = None;
        // The first rounds die while they import, embed or ask their first question.
        for _ in 0..rng.usize(0..2 + round) {
            let Some(text) = label.question() else { break };
            acknowledged.extend(answered.take());
            let class = class_of(&text).expect("one of ours");
            label.answer(class);
            answered = Some((text, class));
        }
        // Half of them die with the next question on the screen, half with the
        // last answer on its way.
        if rng.bool() && label.question().is_some() {
            acknowledged.extend(answered);
        }
        label.kill();
        if folder.join("project/annota.db").exists() && !acknowledged.is_empty() {
            let there = answers(folder, round);
            for (text, class) in &acknowledged {
                assert_eq!(there.get(text).map(String::as_str), Some(*class), "round {round}");
            }
        }
    }
    assert!(10 < acknowledged.len(), "only {} answers", acknowledged.len());

    let mut label = Label::start(folder);
    while let Some(text) = label.question() {
        label.answer(class_of(&text).expect("one of ours"));
    }
    let output = label.child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.starts_with("CERTIFICATE"), "{told}");
}
