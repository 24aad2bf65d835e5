//! Errors as people read them: what failed, what was found, a way out.

use std::{fmt, process::ExitCode};

use serde::Serialize;

/// Failed: nothing was done, or not all of it.
const FAILED: u8 = 2;

/// An error of the command line itself, with what helps to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    message: String,
    found: Option<String>,
    help: Option<String>,
}

impl Problem {
    /// An error: lower case, no final period, with the offending value.
    pub(crate) fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), found: None, help: None }
    }

    /// What was there instead.
    pub(crate) fn found(mut self, found: impl Into<String>) -> Problem {
        self.found = Some(found.into());
        self
    }

    /// What the user can do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    fn details(&self) -> String {
        let found = self.found.iter().map(|it| format!("  found: {it}\n"));
        let help = self.help.iter().map(|it| format!("  help: {it}\n"));
        found.chain(help).collect()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// Prints `error` on stderr, with `json` also as JSON on stdout, and gives the
/// exit code of a failure.
pub(crate) fn print(error: &anyhow::Error, json: bool) -> ExitCode {
    let told = Told::new(error);
    eprint!("{told}");
    if json {
        println!("{}", serde_json::to_string_pretty(&told).expect("strings are JSON"));
    }
    ExitCode::from(FAILED)
}

/// An error as it is told.
#[derive(Serialize)]
struct Told {
    error: String,
    /// What was found, what is known, and the ways out, each after its word:
    /// `help: check the path`.
    details: Vec<String>,
}

impl Told {
    /// The error and its causes on one line, then what they found and the way
    /// out.
    ///
    /// Errors of the crates below carry their ways out as further lines of their
    /// message; those go last, and a cause that was already told is left out.
    fn new(error: &anyhow::Error) -> Told {
        let mut told = Told { error: String::new(), details: Vec::new() };
        for cause in error.chain() {
            let message = cause.to_string();
            let (first, rest) = message.split_once('\n').unwrap_or((&message, ""));
            if !told.error.contains(first) {
                told.error += if told.error.is_empty() { "" } else { ": " };
                told.error += first;
            }
            let details = cause.downcast_ref::<Problem>().map(Problem::details);
            for line in rest.lines().chain(details.iter().flat_map(|it| it.lines())) {
                let line = line.trim().to_owned();
                if !told.details.contains(&line) {
                    told.details.push(line);
                }
            }
        }
        told
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.error)?;
        self.details.iter().try_for_each(|it| writeln!(f, "  {it}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Told};
    use anyhow::Context;
    use expect_test::expect;

    #[test]
    fn an_error_reads_from_what_failed_to_the_way_out() {
        let problem = Problem::new("no field `text` in line 1")
            .found("id, body, stars")
            .help("name it, with `--text-field body`");
        let error =
            Err::<(), _>(problem).context("cannot import `reviews.jsonl`").expect_err("it failed");
        expect![[r"
            error: cannot import `reviews.jsonl`: no field `text` in line 1
              found: id, body, stars
              help: name it, with `--text-field body`
        "]]
        .assert_eq(&Told::new(&error).to_string());
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let inner = std::io::Error::other("no space left on device");
        let outer = anyhow::Error::new(inner)
            .context("cannot write `a.csv`: no space left on device\n  help: make room");
        expect![[r"
            error: cannot write `a.csv`: no space left on device
              help: make room
        "]]
        .assert_eq(&Told::new(&outer).to_string());
    }
}
