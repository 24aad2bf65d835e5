//! A person at a terminal: one item a screen, one key an answer.
//!
//! Everything is drawn on standard error, so that standard output stays data.
//! Where input or standard error is not a terminal, questions and answers are
//! plain lines.

mod keys;
mod layout;
mod lines;
mod picture;
mod screen;
mod text;

use std::{
    io::{self, IsTerminal},
    process::{Command, Stdio},
    time::Instant,
};

use annota_core::label::{ClassId, Label, Schema};
use annota_engine::{
    Error,
    annotate::{Annotator, AnnotatorKind, Content, Oracle, Question, Reply},
};

use self::{
    keys::Keys,
    lines::{Asked, Line, Lines},
    screen::Screen,
};

/// A person who reads questions and presses keys, or writes lines.
#[derive(Debug)]
pub(crate) struct TerminalOracle {
    annotator: String,
    schema: Schema,
    keys: Keys,
    open: bool,
    input: Input,
}

#[derive(Debug)]
enum Input {
    Screen(Screen),
    Lines(Lines),
}

impl TerminalOracle {
    /// Asks about `schema` under the name of `annotator`; with `open`, every
    /// picture is also opened in the system's viewer.
    pub(crate) fn new(annotator: String, schema: Schema, open: bool) -> TerminalOracle {
        let keys = Keys::new(&schema);
        let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        let input =
            if is_terminal { Input::Screen(Screen::new()) } else { Input::Lines(Lines::new()) };
        TerminalOracle { annotator, schema, keys, open, input }
    }
}

impl Oracle for TerminalOracle {
    fn annotator(&self) -> Annotator {
        Annotator { name: self.annotator.clone(), kind: AnnotatorKind::Person }
    }

    fn answer(
        &mut self,
        question: &Question,
        position: usize,
        batch_len: usize,
    ) -> Result<Reply, Error> {
        if self.open {
            open(&question.content);
        }
        let asked = Asked {
            schema: &self.schema,
            name: &question.name,
            reason: question.reason,
            content: &content(&question.content),
            number: position + 1,
            batch_len,
            suggestion: suggestion(question),
        };
        let reply = match &mut self.input {
            Input::Screen(screen) => screen.ask(question, &asked, &self.keys),
            Input::Lines(lines) => ask_in_lines(lines, &asked, &self.keys),
        };
        reply.map_err(Error::file("talk to", "the terminal"))
    }
}

/// The suggested class and its probability.
fn suggestion(question: &Question) -> Option<(ClassId, f32)> {
    let suggestion = question.suggestion.as_ref()?;
    Some((suggestion.label.class()?, suggestion.confidence))
}

/// What plain lines show of an item.
fn content(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::ImageFile(path) => path.display().to_string(),
    }
}

fn ask_in_lines(lines: &Lines, asked: &Asked<'_>, keys: &Keys) -> io::Result<Reply> {
    let started = Instant::now();
    asked.write(&mut io::stderr())?;
    loop {
        let Some(line) = lines.next()? else { return Ok(Reply::Quit) };
        let answer = |label| Reply::Answer { label, took: started.elapsed() };
        match lines::read(&line, asked.schema, keys, asked.suggestion.map(|it| it.0)) {
            Line::Answer(class) => return Ok(answer(Some(Label::Class(class)))),
            Line::Skip => return Ok(answer(None)),
            Line::Undo => return Ok(Reply::Undo),
            Line::Quit => return Ok(Reply::Quit),
            Line::Unclear(reason) => eprintln!("{reason}"),
        }
    }
}

/// Opens a picture in the system's viewer. That there is none is no reason not
/// to ask: the picture is on the screen as well.
fn open(content: &Content) {
    let Content::ImageFile(path) = content else { return };
    let viewer = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(viewer);
    command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Ok(mut viewer) = command.spawn() {
        std::thread::spawn(move || viewer.wait());
    }
}
