//! What could not be used as it stands, and the way out.

use std::fmt;

/// Something in the input that was left out or changed, told to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where: `reviews.csv:87`, `photos/cat/3.jpg`.
    pub place: String,
    /// What is wrong, lower case, with the offending value.
    pub message: String,
    /// What the user can do about it, when we know.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without a way out.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { place: place.into(), message: message.into(), help: None }
    }

    /// The same diagnostic with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n    help: {help}"),
            None => Ok(()),
        }
    }
}
