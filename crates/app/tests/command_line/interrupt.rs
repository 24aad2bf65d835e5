//! Ctrl-C: what was done stays done, and the next run goes on from there.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
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
    interrupt(&child);
    let rest: Vec<String> = std::iter::from_fn(next).collect();
    let code = child.wait().expect("it ends").code().expect("by itself");
    (code, rest.join("\n"))
}

fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("runs").success());
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

/// Bytes that the hub below gives before it falls silent.
const ARRIVES: usize = 100_000;

/// A hub that begins to send a file and then falls silent: where it is, and the
/// first byte that every download asks for.
fn silent_hub() -> (String, Receiver<u64>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let held: Vec<TcpStream> =
            listener.incoming().flatten().map(|it| begin(it, &tell)).collect();
        drop(held);
    });
    (endpoint, told)
}

/// Answers one request, and gives the connection back, which would close otherwise.
fn begin(mut stream: TcpStream, tell: &Sender<u64>) -> TcpStream {
    let lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
    let request: Vec<String> =
        lines.map_while(Result::ok).take_while(|it| !it.is_empty()).collect();
    let size = 10 * ARRIVES;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {size}\r\nETag: \"{:064}\"\r\n\r\n",
        0
    )
    .expect("it listens");
    if request[0].starts_with("GET") {
        let lower: Vec<String> = request.iter().map(|it| it.to_lowercase()).collect();
        let range = lower.iter().find_map(|it| it.strip_prefix("range: bytes="));
        let start = range.map_or("0", |it| it.trim_end_matches('-'));
        stream.write_all(&vec![7; ARRIVES]).expect("it listens");
        tell.send(start.parse().expect("an open range")).expect("the test goes on");
    }
    stream
}

/// Size of what has arrived of a network, before it is complete.
fn arrived(shell: &Shell) -> u64 {
    let files = fs::read_dir(shell.path("cache/models/dinov2-small")).into_iter().flatten();
    let mut partial =
        files.flatten().filter(|it| it.path().extension().is_some_and(|it| it == "partial"));
    partial.next().map_or(0, |it| it.metadata().expect("it is there").len())
}

#[test]
fn a_download_stops_at_once_and_goes_on_from_there() {
    let shell = Shell::new();
    let (endpoint, asked_from) = silent_hub();
    let pull = || {
        let mut command = shell.command("models pull dinov2-small");
        command.env("HF_ENDPOINT", &endpoint).spawn().expect("the program starts")
    };
    let child = pull();
    assert_eq!(asked_from.recv().expect("it asks"), 0);
    while arrived(&shell) < ARRIVES as u64 {
        thread::sleep(Duration::from_millis(1));
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(STOPPED), "{said}");
    assert!(said.contains("error: stopped; run the same command again to go on"), "{said}");
    assert_eq!(arrived(&shell), ARRIVES as u64);

    let child = pull();
    assert_eq!(asked_from.recv().expect("it asks"), ARRIVES as u64);
    interrupt(&child);
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(STOPPED));
}
