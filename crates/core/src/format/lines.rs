//! One text a line.

use std::io::{self, BufRead, BufReader, Read};

use super::{Fields, Record, TextConfig, TextRecord, checked_text, too_long, unreadable, utf8};
use crate::diagnostic::Diagnostic;

/// The lines of `input` that are not blank, each a text without a label.
pub(super) fn read<R: Read>(input: R, config: &TextConfig) -> (Fields, Lines<R>) {
    let lines = LineReader::new(input, config.max_record_len());
    (Fields::default(), Lines { lines, config: config.clone() })
}

/// An iterator over the texts of a file with one a line.
pub struct Lines<R> {
    lines: LineReader<R>,
    config: TextConfig,
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            let place = self.lines.place();
            match self.lines.next()? {
                Err(error) => return Some(Err(unreadable(&place, &error))),
                Ok(Line::TooLong { len }) => return Some(Err(too_long(&place, len, &self.config))),
                Ok(Line::Whole(bytes)) if bytes.trim_ascii().is_empty() => {}
                Ok(Line::Whole(bytes)) => return Some(self.record(place, &bytes)),
            }
        }
    }
}

impl<R> Lines<R> {
    fn record(&self, place: String, bytes: &[u8]) -> Record {
        let text = utf8(&place, without_end(bytes).to_vec())?;
        let text = checked_text(&place, text, &self.config)?;
        Ok(TextRecord { text, label: None, id: None, place })
    }
}

/// `line` without the line feed, and the carriage return before it, at its end.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// One line of a file, with its end.
pub(super) enum Line {
    /// All of it.
    Whole(Vec<u8>),
    /// So long that it was skipped; its length in bytes.
    TooLong { len: u64 },
}

/// Lines in memory that is bounded whatever the file holds.
pub(super) struct LineReader<R> {
    input: BufReader<R>,
    max_len: usize,
    n_read: u64,
    has_failed: bool,
}

impl<R: Read> LineReader<R> {
    pub(super) fn new(input: R, max_len: usize) -> LineReader<R> {
        let input = BufReader::with_capacity(1 << 16, input);
        LineReader { input, max_len, n_read: 0, has_failed: false }
    }

    /// Where the next line is.
    pub(super) fn place(&self) -> String {
        format!("line {}", self.number())
    }

    /// The number of the next line, from 1.
    pub(super) fn number(&self) -> u64 {
        self.n_read + 1
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let limit = self.max_len as u64 + 1;
        let n = self.input.by_ref().take(limit).read_until(b'\n', &mut line)? as u64;
        if n == 0 {
            return Ok(None);
        }
        if n < limit || line.ends_with(b"\n") {
            return Ok(Some(Line::Whole(line)));
        }
        Ok(Some(Line::TooLong { len: n + self.skip_line()? }))
    }

    fn skip_line(&mut self) -> io::Result<u64> {
        let mut len = 0;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(len);
            }
            let end = buffer.iter().position(|it| *it == b'\n');
            let n = end.map_or(buffer.len(), |it| it + 1);
            self.input.consume(n);
            len += n as u64;
            if end.is_some() {
                return Ok(len);
            }
        }
    }
}

impl<R: Read> Iterator for LineReader<R> {
    type Item = io::Result<Line>;

    /// After an error there is nothing more.
    fn next(&mut self) -> Option<io::Result<Line>> {
        if self.has_failed {
            return None;
        }
        let line = self.read();
        self.has_failed = line.is_err();
        self.n_read += 1;
        line.transpose()
    }
}

/// The place and reason of a line that could not be read.
pub(super) fn unread(
    place: &str,
    line: io::Result<Line>,
    config: &TextConfig,
) -> Result<Vec<u8>, Diagnostic> {
    match line {
        Err(error) => Err(unreadable(place, &error)),
        Ok(Line::TooLong { len }) => Err(too_long(place, len, config)),
        Ok(Line::Whole(bytes)) => Ok(bytes),
    }
}
