//! Questions and answers as plain lines, where there is no terminal: for
//! scripts, for tests and for whoever pipes answers in.

use std::{
    io::{self, BufRead, Write},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    time::Duration,
};

use annota_core::label::{ClassId, Schema};

use super::{keys::Keys, text::harmless};
use crate::interrupt;

/// How often a wait for input looks whether the user wants to stop.
const POLL: Duration = Duration::from_millis(50);

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Answer(ClassId),
    Skip,
    Undo,
    Quit,
    /// Not understood, and why.
    Unclear(String),
}

/// Reads lines of standard input in the background, so that a wait for one can
/// be interrupted.
#[derive(Debug)]
pub(crate) struct Lines {
    lines: Receiver<io::Result<String>>,
}

impl Lines {
    pub(crate) fn new() -> Lines {
        let (sender, lines) = sync_channel(1);
        std::thread::spawn(move || {
            for line in io::stdin().lock().lines() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Lines { lines }
    }

    /// The next line; `None` at the end of the input or when the user stops.
    pub(crate) fn next(&self) -> io::Result<Option<String>> {
        loop {
            match self.lines.recv_timeout(POLL) {
                Ok(line) => return line.map(Some),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if interrupt::requested() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// One question, as lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) name: &'a str,
    pub(crate) reason: &'a str,
    /// The text, or the path of the picture.
    pub(crate) content: &'a str,
    pub(crate) number: usize,
    pub(crate) batch_len: usize,
    pub(crate) suggestion: Option<(ClassId, f32)>,
}

impl Asked<'_> {
    /// Writes the question.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Asked { number, batch_len, reason, .. } = self;
        writeln!(out, "{number} of {batch_len}  {}  ({reason})", harmless(self.name))?;
        writeln!(out, "{}", harmless(self.content))?;
        if let Some((class, confidence)) = self.suggestion {
            let name = harmless(self.schema.name(class));
            writeln!(out, "suggested: {name} ({:.0} %)", f64::from(confidence) * 100.0)?;
        }
        Ok(())
    }
}

/// What `line` means: the name of a class, its key, `skip`, `undo`, `quit`, or
/// nothing for the suggestion. The name of a class comes first.
pub(crate) fn read(line: &str, schema: &Schema, keys: &Keys, suggestion: Option<ClassId>) -> Line {
    let word = line.trim();
    if let Some(class) = schema.class(word) {
        return Line::Answer(class);
    }
    let mut chars = word.chars();
    if let (Some(key), None) = (chars.next(), chars.next())
        && let Some(class) = keys.class(key)
    {
        return Line::Answer(class);
    }
    match (word, suggestion) {
        ("", Some(class)) => Line::Answer(class),
        ("", None) => Line::Unclear("there is no suggestion to accept".to_owned()),
        ("skip" | "x", _) => Line::Skip,
        ("undo" | "u", _) => Line::Undo,
        ("quit" | "q", _) => Line::Quit,
        _ => Line::Unclear(format!("unknown class: `{}`", harmless(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Keys, Line, read};
    use annota_core::label::{ClassId, Schema};

    #[test]
    fn a_line_is_a_class_or_a_command() {
        let schema =
            Schema::new(["cat", "skip", "2"].map(String::from).to_vec()).expect("a schema");
        let keys = Keys::new(&schema);
        let said = |line: &str| read(line, &schema, &keys, Some(ClassId(0)));
        assert_eq!(said("cat"), Line::Answer(ClassId(0)));
        assert_eq!(said("1"), Line::Answer(ClassId(0)));
        assert_eq!(said("2"), Line::Answer(ClassId(2)), "a class's name comes before keys");
        assert_eq!(said("skip"), Line::Answer(ClassId(1)));
        assert_eq!(said("x"), Line::Skip);
        assert_eq!(said(""), Line::Answer(ClassId(0)));
        assert_eq!(said("undo"), Line::Undo);
        assert_eq!(said("quit"), Line::Quit);
        assert_eq!(said("cow"), Line::Unclear("unknown class: `cow`".to_owned()));
        let blind = read("", &schema, &keys, None);
        assert_eq!(blind, Line::Unclear("there is no suggestion to accept".to_owned()));
    }
}
