//! Which key does what: one table, from which the keys are read and the help is
//! drawn.

use annota_core::label::{ClassId, Schema};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Answer(ClassId),
    Accept,
    Skip,
    Undo,
    Quit,
    Search,
    Open,
    Help,
    LineUp,
    LineDown,
    PageUp,
    PageDown,
}

/// One global key: what it is called, the letter it takes from the classes.
struct Global {
    shown: &'static str,
    letter: Option<char>,
    does: &'static str,
}

const fn global(shown: &'static str, letter: Option<char>, does: &'static str) -> Global {
    Global { shown, letter, does }
}

/// Every key that is not a class, in the order of the help.
const GLOBALS: [Global; 9] = [
    global("Enter", None, "accept the suggestion"),
    global("Space, x", Some('x'), "skip: no answer"),
    global("/", None, "choose a class by typing a part of its name"),
    global("u, Ctrl+Z", Some('u'), "take back the last answer"),
    global("o", Some('o'), "open the picture in the system's viewer"),
    global("Up, Down, PgUp, PgDn", None, "move through a long text"),
    global("?", None, "show or hide the keys"),
    global("q, Ctrl+C", Some('q'), "quit; go on later with the same command"),
    global("Esc", None, "leave the search or this help"),
];

/// The keys of the classes of one schema.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    by_class: Vec<Option<char>>,
}

impl Keys {
    /// A class whose name is one free digit or letter has that key; the others
    /// get 1 to 9, then letters, in the order of the schema, while there are
    /// free ones.
    pub(crate) fn new(schema: &Schema) -> Keys {
        let is_free = |key: char| GLOBALS.iter().all(|it| it.letter != Some(key));
        let own = |name: &String| {
            let mut chars = name.chars();
            let key = chars.next()?.to_ascii_lowercase();
            (chars.next().is_none() && key.is_ascii_alphanumeric() && is_free(key)).then_some(key)
        };
        let mut by_class: Vec<Option<char>> = schema.classes().iter().map(own).collect();
        // `A` and `a` are two classes but one key: the first keeps it.
        for index in 1..by_class.len() {
            if by_class[..index].contains(&by_class[index]) {
                by_class[index] = None;
            }
        }
        let usual = ('1'..='9').chain('a'..='z').filter(|it| is_free(*it));
        let mut free: Vec<char> = usual.filter(|it| !by_class.contains(&Some(*it))).collect();
        free.reverse();
        for key in by_class.iter_mut().filter(|it| it.is_none()) {
            *key = free.pop();
        }
        Keys { by_class }
    }

    /// The key of `class`, if it has one.
    pub(crate) fn key(&self, class: ClassId) -> Option<char> {
        self.by_class[class.index()]
    }

    /// The class on `key`, if any.
    pub(crate) fn class(&self, key: char) -> Option<ClassId> {
        let key = key.to_ascii_lowercase();
        let index = self.by_class.iter().position(|it| *it == Some(key))?;
        Some(ClassId(u16::try_from(index).expect("a schema fits in u16")))
    }

    /// What pressing a key asks for, outside the search.
    pub(crate) fn action(&self, event: KeyEvent) -> Option<Action> {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        if event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        match event.code {
            KeyCode::Char('c' | 'd') if control => Some(Action::Quit),
            KeyCode::Char('z') if control => Some(Action::Undo),
            KeyCode::Char(_) if control => None,
            KeyCode::Enter => Some(Action::Accept),
            KeyCode::Char(' ' | 'x' | 'X') => Some(Action::Skip),
            KeyCode::Char('/') => Some(Action::Search),
            KeyCode::Char('u' | 'U') => Some(Action::Undo),
            KeyCode::Char('o' | 'O') => Some(Action::Open),
            KeyCode::Char('q' | 'Q') => Some(Action::Quit),
            KeyCode::Char('?') => Some(Action::Help),
            KeyCode::Char(key) => self.class(key).map(Action::Answer),
            KeyCode::Up => Some(Action::LineUp),
            KeyCode::Down => Some(Action::LineDown),
            KeyCode::PageUp => Some(Action::PageUp),
            KeyCode::PageDown => Some(Action::PageDown),
            _ => None,
        }
    }
}

/// The help: one line a key.
pub(crate) fn help() -> Vec<String> {
    let line = |it: &Global| format!("{:22}{}", it.shown, it.does);
    let classes = format!("{:22}{}", "1-9, then letters", "the classes, as listed");
    [classes].into_iter().chain(GLOBALS.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Action, GLOBALS, Keys};
    use annota_core::label::{ClassId, Schema};
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn keys(classes: &[&str]) -> Keys {
        Keys::new(
            &Schema::new(classes.iter().map(ToString::to_string).collect()).expect("a schema"),
        )
    }

    #[test]
    fn classes_get_digits_then_letters_that_are_free() {
        let names: Vec<String> = (0..40).map(|it| format!("class {it}")).collect();
        let keys = keys(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let all: String = (0..40).filter_map(|it| keys.key(ClassId(it))).collect();
        assert_eq!(all, "123456789abcdefghijklmnprstvwyz");
        assert_eq!(keys.key(ClassId(39)), None);
    }

    #[test]
    fn a_class_named_like_a_key_has_it() {
        let digits = keys(&["0", "1", "2", "none"]);
        assert_eq!(digits.class('0'), Some(ClassId(0)));
        assert_eq!(digits.class('2'), Some(ClassId(2)));
        assert_eq!(digits.class('3'), Some(ClassId(3)));
        // `q` quits and is nobody's.
        let letters = keys(&["q", "a", "A"]);
        assert_eq!(letters.key(ClassId(0)), Some('1'));
        assert_eq!(letters.key(ClassId(1)), Some('a'));
        assert_eq!(letters.key(ClassId(2)), Some('2'));
    }

    #[test]
    fn no_global_letter_answers() {
        let names: Vec<String> = ('a'..='z').map(String::from).collect();
        let keys = keys(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for letter in GLOBALS.iter().filter_map(|it| it.letter) {
            let event = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
            assert!(!matches!(keys.action(event), Some(Action::Answer(_)) | None), "{letter}");
        }
        let undo = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
        assert_eq!(keys.action(undo), Some(Action::Undo));
    }
}
