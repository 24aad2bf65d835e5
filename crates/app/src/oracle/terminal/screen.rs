//! The screen of a terminal: draws the question, waits for keys.

use std::{
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use annota_core::label::Label;
use annota_engine::annotate::{Content, Question, Reply};
use crossterm::{
    cursor,
    event::{self, Event, KeyCode, KeyEvent, KeyEventKind},
    execute, queue,
    style::Print,
    terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen},
};
use image::RgbImage;

use super::{
    keys::{Action, Keys},
    layout::{self, View},
    lines::Asked,
    open,
    picture::{self, Protocol},
};
use crate::interrupt;

/// How often a wait for a key looks whether the user wants to stop.
const POLL: Duration = Duration::from_millis(50);

/// A terminal that is ours while a batch of questions is asked.
#[derive(Debug)]
pub(crate) struct Screen {
    is_ours: bool,
    protocol: Protocol,
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing more can be done for a terminal that is gone.
        let _ = self.leave();
    }
}

/// What a key made of the question.
enum Step {
    Reply(Reply),
    Redraw,
    Nothing,
}

impl Screen {
    pub(crate) fn new() -> Screen {
        Screen { is_ours: false, protocol: picture::detect(|name| std::env::var(name).ok()) }
    }

    /// Asks one question. The terminal is taken at the first of a batch and
    /// given back at its end, so that what is said in between can be read.
    pub(crate) fn ask(
        &mut self,
        question: &Question,
        asked: &Asked<'_>,
        keys: &Keys,
    ) -> io::Result<Reply> {
        self.take()?;
        let reply = self.ask_on_screen(question, asked, keys);
        let is_last = asked.number == asked.batch_len;
        if is_last || !matches!(reply, Ok(Reply::Answer { .. } | Reply::Undo)) {
            self.leave()?;
        }
        reply
    }

    fn take(&mut self) -> io::Result<()> {
        if !self.is_ours {
            self.is_ours = true;
            terminal::enable_raw_mode()?;
            execute!(io::stderr(), EnterAlternateScreen, cursor::Hide)?;
        }
        Ok(())
    }

    fn leave(&mut self) -> io::Result<()> {
        if self.is_ours {
            self.is_ours = false;
            let clear = picture::clear(self.protocol);
            execute!(io::stderr(), Print(clear), LeaveAlternateScreen, cursor::Show)?;
            terminal::disable_raw_mode()?;
        }
        Ok(())
    }

    fn ask_on_screen(
        &self,
        question: &Question,
        asked: &Asked<'_>,
        keys: &Keys,
    ) -> io::Result<Reply> {
        let (text, picture) = match &question.content {
            Content::Text(text) => (text.clone(), None),
            Content::ImageFile(path) => match read_picture(path) {
                Ok(picture) => (String::new(), Some(picture)),
                Err(reason) => (format!("cannot show `{}`: {reason}", path.display()), None),
            },
        };
        let mut asking = Asking {
            asked,
            keys,
            question,
            text,
            started: Instant::now(),
            search: None,
            help: false,
            scroll: 0,
            message: None,
        };
        self.draw(&mut asking, picture.as_ref())?;
        loop {
            if interrupt::requested() {
                return Ok(Reply::Quit);
            }
            if !event::poll(POLL)? {
                continue;
            }
            let step = match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => asking.press(key),
                Event::Resize(..) => Step::Redraw,
                _ => Step::Nothing,
            };
            match step {
                Step::Reply(reply) => return Ok(reply),
                Step::Redraw => self.draw(&mut asking, picture.as_ref())?,
                Step::Nothing => {}
            }
        }
    }

    fn draw(&self, asking: &mut Asking<'_>, picture: Option<&RgbImage>) -> io::Result<()> {
        let (width, height) = terminal::size()?;
        let screen = asking.view().screen(usize::from(width), usize::from(height));
        asking.scroll = asking.scroll.min(screen.last_scroll);
        let mut out = io::stderr().lock();
        queue!(out, Print(picture::clear(self.protocol)), Clear(ClearType::All))?;
        for (row, line) in (0..height).zip(&screen.lines) {
            queue!(out, cursor::MoveTo(0, row), Print(line))?;
        }
        if let Some(picture) = picture.filter(|_| !asking.help) {
            let top = u16::try_from(screen.body.start).expect("a screen is at most u16 high");
            let rows = u16::try_from(screen.body.len()).expect("a screen is at most u16 high");
            let place = picture::fit(picture, width, rows.min(height.saturating_sub(top)));
            let parts = picture::show(picture, self.protocol, place);
            for (row, part) in (top..height).zip(parts) {
                queue!(out, cursor::MoveTo(0, row), Print(part))?;
            }
        }
        out.flush()
    }
}

/// The picture in a file, or why it cannot be shown.
fn read_picture(path: &Path) -> Result<RgbImage, String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let pixels = annota_model::image::decode(&bytes).map_err(|e| e.message)?;
    let picture = RgbImage::from_raw(pixels.width, pixels.height, pixels.rgb);
    Ok(picture.expect("three bytes a pixel"))
}

/// A question on the screen.
struct Asking<'a> {
    asked: &'a Asked<'a>,
    keys: &'a Keys,
    question: &'a Question,
    text: String,
    started: Instant,
    search: Option<String>,
    help: bool,
    scroll: usize,
    message: Option<&'static str>,
}

/// Lines that Page Up and Page Down move by.
const PAGE: usize = 10;

impl Asking<'_> {
    fn view(&self) -> View<'_> {
        View {
            schema: self.asked.schema,
            keys: self.keys,
            name: self.asked.name,
            reason: self.asked.reason,
            text: &self.text,
            number: self.asked.number,
            batch_len: self.asked.batch_len,
            suggestion: self.asked.suggestion,
            scroll: self.scroll,
            search: self.search.as_deref(),
            help: self.help,
            message: self.message,
        }
    }

    fn press(&mut self, key: KeyEvent) -> Step {
        self.message = None;
        if self.search.is_some() {
            return self.press_in_search(key);
        }
        if key.code == KeyCode::Esc {
            self.help = false;
            return Step::Redraw;
        }
        match self.keys.action(key) {
            Some(action) => self.act(action),
            None => Step::Nothing,
        }
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::Answer(class) => return self.answer(Some(Label::Class(class))),
            Action::Accept => match self.asked.suggestion {
                Some((class, _)) => return self.answer(Some(Label::Class(class))),
                None => self.message = Some("no suggestion: choose a class by its key"),
            },
            Action::Skip => return self.answer(None),
            Action::Undo => return Step::Reply(Reply::Undo),
            Action::Quit => return Step::Reply(Reply::Quit),
            Action::Search => self.search = Some(String::new()),
            Action::Open => open(&self.question.content),
            Action::Help => self.help = !self.help,
            Action::LineUp => self.scroll = self.scroll.saturating_sub(1),
            Action::LineDown => self.scroll += 1,
            Action::PageUp => self.scroll = self.scroll.saturating_sub(PAGE),
            Action::PageDown => self.scroll += PAGE,
        }
        Step::Redraw
    }

    fn press_in_search(&mut self, key: KeyEvent) -> Step {
        let Some(search) = &mut self.search else { return Step::Nothing };
        match key.code {
            KeyCode::Esc => self.search = None,
            KeyCode::Backspace if search.is_empty() => self.search = None,
            KeyCode::Backspace => {
                search.pop();
            }
            KeyCode::Enter => match layout::find(self.asked.schema, search).first() {
                Some(class) => return self.answer(Some(Label::Class(*class))),
                None => self.message = Some("no class has that in its name"),
            },
            KeyCode::Char('c') if key.modifiers.contains(event::KeyModifiers::CONTROL) => {
                return Step::Reply(Reply::Quit);
            }
            KeyCode::Char(char) => search.push(char),
            _ => return Step::Nothing,
        }
        Step::Redraw
    }

    fn answer(&self, label: Option<Label>) -> Step {
        Step::Reply(Reply::Answer { label, took: self.started.elapsed() })
    }
}
