//! The program itself, on a socket: it says where it is, answers, and stops.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A server that is ended with the test.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(folder: &Path, flags: &[&str]) -> Serving {
        let mut command = annota();
        command.args(["serve", "--port", "0", "--no-open"]).args(flags).arg(folder);
        Serving::of(command)
    }

    /// Waits until `command` says where it listens.
    fn of(mut command: Command) -> Serving {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("a line");
        let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        Serving { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut connection = TcpStream::connect(&self.address).expect("it listens");
        let address = &self.address;
        write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
            .expect("written");
        let mut reply = String::new();
        connection.read_to_string(&mut reply).expect("read");
        reply
    }

    fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("runs").success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn annota() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annota"));
    command.env("USER", "mia").stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Exit code, standard output and standard error.
fn ended(mut command: Command, input: &str) -> (i32, String, String) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    // Programs that do not read their input close it.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn user(folder: &Path, line: &str, input: &str) -> (i32, String, String) {
    let mut command = annota();
    command.arg("user").args(line.split_whitespace()).arg("--folder").arg(folder);
    ended(command, input)
}

#[test]
fn it_says_where_it_is_answers_and_stops_on_ctrl_c() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut serving = Serving::start(folder.path(), &[]);
    assert!(serving.address.starts_with("127.0.0.1:"), "{}", serving.address);
    let reply = serving.get("/health");
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.contains("\"ok\""), "{reply}");
    serving.interrupt();
    assert_eq!(serving.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn label_serves_the_page_on_what_it_imported_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("texts.txt"), "where is my parcel\nrefund me\n").expect("written");
    for run in ["first", "second"] {
        let mut command = annota();
        command.current_dir(&folder).env("ANNOTA_RUNTIME", "rten");
        command.args(["label", "texts.txt", "--classes", "delivery,payment"]);
        command.args(["--port", "0", "--no-open"]);
        let mut serving = Serving::of(command);
        let reply = serving.get("/api/projects");
        assert!(reply.contains("\"n_items\":2"), "{run}: {reply}");
        assert!(serving.get("/").contains("<!doctype html>"), "the page is there");
        serving.interrupt();
        assert_eq!(serving.child.wait().expect("it ends").code(), Some(0));
    }
}

#[test]
fn the_log_knows_a_request_by_its_id_and_nothing_of_its_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut serving = Serving::start(folder.path(), &[]);
    let reply = serving.get("/api/nothing?text=secret-words");
    let id = reply.lines().find_map(|it| it.strip_prefix("x-request-id: ")).expect("an id");
    serving.interrupt();
    let mut log = String::new();
    let err = serving.child.stderr.as_mut().expect("a pipe");
    err.read_to_string(&mut log).expect("read");
    let line = log.lines().find(|it| it.contains(id)).expect("a line about it");
    assert!(line.contains("WARN") && line.contains("404") && line.contains("user"), "{line}");
    assert!(!log.contains("secret-words"), "{log}");
}

#[test]
fn it_does_not_listen_elsewhere_without_an_account() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = annota();
    command.args(["serve", "--port", "0", "--no-open", "--address", "0.0.0.0"]).arg(folder.path());
    let (code, out, err) = ended(command, "");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("nobody has an account") && err.contains("annota user add"), "{err}");

    assert_eq!(user(folder.path(), "add olga", "correct horse\n").0, 0);
    let serving = Serving::start(folder.path(), &["--address", "0.0.0.0"]);
    assert!(serving.get("/api/users").starts_with("HTTP/1.1 401"), "it asks who calls");
}

#[test]
fn accounts_are_made_listed_and_removed_under_a_running_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(folder.path(), &[]);
    assert!(serving.get("/api/session").contains("\"is_login_required\":false"));

    let (code, _, err) = user(folder.path(), "add ann --role annotator", "correct horse\n");
    assert_eq!(code, 2);
    assert!(err.contains("the first account cannot be annotator"), "{err}");
    let (code, out, _) = user(folder.path(), "add olga", "correct horse\n");
    assert_eq!((code, out.as_str()), (0, "added `olga` as owner\n"));
    let (code, out, _) = user(folder.path(), "add ann", "correct horse\n");
    assert_eq!((code, out.as_str()), (0, "added `ann` as annotator\n"));
    let (code, _, err) = user(folder.path(), "add bob", "short\n");
    assert_eq!(code, 2);
    assert!(err.contains("a password of 5 characters is too short"), "{err}");
    assert!(serving.get("/api/session").contains("\"is_login_required\":true"));

    let (_, listed, _) = user(folder.path(), "list --json", "");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!((&listed[0]["role"], &listed[1]["name"]), (&"owner".into(), &"ann".into()));
    let (code, token, _) = user(folder.path(), "token ann", "");
    assert_eq!((code, token.starts_with("annota_")), (0, true));
    let (code, out, _) = user(folder.path(), "remove ann", "");
    assert_eq!((code, out.as_str()), (0, "removed `ann`\n"));
    let (code, _, err) = user(folder.path(), "token ann", "");
    assert_eq!(code, 2);
    assert!(err.contains("no account is called `ann`"), "{err}");
    let book = fs::read_to_string(folder.path().join(".annota/accounts.json")).expect("there");
    assert!(!book.contains("\"ann\""), "neither the account nor its token is left: {book}");
}
