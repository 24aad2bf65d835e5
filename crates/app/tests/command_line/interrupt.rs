//! Ctrl-C: what was done stays done, and the next run goes on from there.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::shell::{Shell, messages};

/// As after any error: not all that was asked for is done.
const STOPPED: i32 = 2;

/// Starts `line`, interrupts it when it tells a line that `is_time` holds for;
/// its exit code and what it said from then on.
fn interrupted(shell: &Shell, line: &str, is_time: impl Fn(&str) -> bool) -> (i32, String) {
    let mut child = shell.command(line).stdin(Stdio::piped()).spawn().expect("the program starts");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut next = || said.next().and_then(Result::ok);
    while !is_time(&next().expect("it tells so before it ends")) {}
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("runs").success());
    let rest: Vec<String> = std::iter::from_fn(next).collect();
    let code = child.wait().expect("it ends").code().expect("by itself");
    (code, rest.join("\n"))
}

#[test]
fn embedding_goes_on_where_it_was_stopped() {
    let mut shell = Shell::new();
    let long =
        |it: usize| format!("{it} {}", "the parcel never came and nobody answers ".repeat(4));
    let texts: String = (0..400).map(|it| long(it) + "\n").collect();
    shell.write("texts.txt", &texts);
    shell.run("init p", "");
    shell.run("import texts.txt --project p --quiet", "");

    let (code, said) = interrupted(&shell, "embed --project p", |it| it.contains("/s"));
    assert_eq!(code, STOPPED, "{said}");
    assert!(said.contains("stopping at the next clean point"), "{said}");

    let (code, out, err) = shell.run("embed --project p --json --quiet", "");
    assert_eq!(code, 0, "{err}");
    let embedded: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let part = |name: &str| embedded[name].as_u64().expect("a count");
    assert!(0 < part("cached") && 0 < part("embedded"), "{out}");
    assert_eq!(part("cached") + part("embedded"), 400, "{out}");
}

#[test]
fn a_question_is_not_waited_for_after_ctrl_c() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(20));
    let line = "label messages.csv --project p --classes delivery,payment --terminal";
    let (code, said) = interrupted(&shell, line, |it| it.contains("1 of "));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("stopping at the next clean point"), "{said}");
    let (code, out, err) = shell.run("status --project p", "");
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("annotations  none"), "{out}");
}
