//! A folder in which commands are run, and what they said.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use expect_test::Expect;
use tempfile::TempDir;

/// A folder of its own, in which commands are run one after the other.
pub(crate) struct Shell {
    folder: TempDir,
    told: String,
}

impl Shell {
    pub(crate) fn new() -> Shell {
        Shell { folder: tempfile::tempdir().expect("a folder"), told: String::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&mut self, name: &str, text: &str) -> &mut Shell {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("made");
        fs::write(path, text).expect("written");
        self
    }

    /// Runs `annota` with the words of `line`, and notes what happened.
    pub(crate) fn annota(&mut self, line: &str) -> &mut Shell {
        self.annota_with(line, "")
    }

    /// The same with `input` on standard input.
    pub(crate) fn annota_with(&mut self, line: &str, input: &str) -> &mut Shell {
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

    pub(crate) fn run(&self, line: &str, input: &str) -> (i32, String, String) {
        let mut child =
            self.command(line).stdin(Stdio::piped()).spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // Programs that do not read their input close it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        let code = output.status.code().expect("not killed by a signal");
        (code, self.shown(&output.stdout), self.shown(&output.stderr))
    }

    /// `annota` with the words of `line` and what it says on pipes, not started yet.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_annota"));
        command.args(line.split_whitespace()).current_dir(&self.folder);
        command.env("ANNOTA_CACHE", self.path("cache")).env("ANNOTA_RUNTIME", "rten");
        command.env("USER", "mia").env("COLUMNS", "100");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Output without what differs between runs: the folder's place.
    fn shown(&self, bytes: &[u8]) -> String {
        let real = self.folder.path().canonicalize().expect("it exists");
        let text = String::from_utf8_lossy(bytes).into_owned();
        let text = text.replace(&real.display().to_string(), "DIR");
        text.replace(&self.folder.path().display().to_string(), "DIR")
    }

    pub(crate) fn check(&self, expected: &Expect) {
        expected.assert_eq(&self.told);
    }
}

/// Messages about two things, in the classes `delivery` and `payment`.
pub(crate) fn messages(n: usize) -> String {
    let mut text = "id,text,label\n".to_owned();
    for it in 0..n {
        text += &format!("d{it},where is my parcel number {it},delivery\n");
        text += &format!("p{it},please refund the payment of invoice {it},payment\n");
    }
    text
}
