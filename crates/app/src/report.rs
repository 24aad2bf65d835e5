//! What commands print: tables and figures for people on stdout, or the same
//! values as JSON.
//!
//! The wire types stand beside the command that prints them; here is what they
//! share.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use annota_core::{
    diagnostic::Diagnostic,
    metric::interval::{Estimate, Measured},
};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// A command's result: what `serde` makes of it is what `--json` prints.
pub(crate) trait Report: Serialize {
    /// The same values for people.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// A count with thousands set apart: `12,408`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of things, in the right number: `1 item`, `12,408 items`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A share as a percentage: `4.2 %`, with two digits below one per cent.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value != 0.0 && value.abs() < 1.0 {
        format!("{value:.2} %")
    } else {
        format!("{value:.1} %")
    }
}

/// A stretch of time in the unit that suits it: `340 ms`, `1.2 s`, `31 s`, `4 min 05 s`, `2 h 10 min`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        return format!("{} ms", time.as_millis());
    }
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A figure with its interval, or how much data is missing.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Figure {
    Known(Value),
    NotEnough { not_enough_data: NotEnough },
}

/// Trials there were, and trials that are needed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct NotEnough {
    n: usize,
    needed: usize,
}

/// A value and its interval, from `n` trials.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Value {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    n: usize,
}

impl From<Estimate> for Value {
    fn from(it: Estimate) -> Value {
        Value { value: it.value, low: it.low, high: it.high, n: it.n }
    }
}

impl From<Measured> for Figure {
    fn from(measured: Measured) -> Figure {
        match measured {
            Measured::Estimate(estimate) => Figure::Known(estimate.into()),
            Measured::NotEnough { n, needed } => {
                Figure::NotEnough { not_enough_data: NotEnough { n, needed } }
            }
        }
    }
}

impl Figure {
    /// `93.1 % [90.0 %, 95.2 %]`, or that there is not enough data.
    pub(crate) fn shown(self) -> String {
        match self {
            Figure::Known(it) => {
                format!("{} [{}, {}]", percent(it.value), percent(it.low), percent(it.high))
            }
            Figure::NotEnough { not_enough_data: NotEnough { n, needed } } => {
                format!("not enough data ({n} of {needed})")
            }
        }
    }
}

/// What could not be used as it stands, as JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Diagnosed {
    place: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl From<&Diagnostic> for Diagnosed {
    fn from(diagnostic: &Diagnostic) -> Diagnosed {
        let Diagnostic { place, message, help } = diagnostic.clone();
        Diagnosed { place, message, help }
    }
}

/// Diagnostics that are told one by one; the others are counted.
const TOLD: usize = 10;

/// The first diagnostics below `head`; `n_all` is how many there were, and
/// `place` where all of them are.
pub(crate) fn diagnostics(
    head: &str,
    diagnostics: &[Diagnostic],
    n_all: u64,
    place: &str,
) -> String {
    let told = &diagnostics[..diagnostics.len().min(TOLD)];
    let mut text = head.to_owned();
    for diagnostic in told {
        text += &format!("\n  {diagnostic}");
    }
    if (told.len() as u64) < n_all {
        let more = count(n_all - told.len() as u64);
        text += &format!("\n  ... and {more} more in {place}");
    }
    text
}

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// Rows under a head, in columns as wide as their widest cell, two spaces apart.
pub(crate) fn table(head: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let titles: Vec<String> = head.iter().map(|it| it.0.to_owned()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&titles]).map(|row| row[column].width());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in [&titles].into_iter().chain(rows) {
        let mut line = String::new();
        for ((cell, &(_, align)), &width) in row.iter().zip(head).zip(&widths) {
            let space = " ".repeat(width - cell.width());
            let (before, after) = if align == Align::Left { ("", &*space) } else { (&*space, "") };
            write!(line, "{before}{cell}{after}  ").expect("a string takes everything");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Align, count, duration, percent, table};
    use expect_test::expect;
    use std::time::Duration;

    #[test]
    fn figures_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 0.0042, 0.05, 1.0].map(percent), ["0.0 %", "0.42 %", "5.0 %", "100.0 %"]);
        let shown =
            [340, 1_200, 31_000, 245_000, 7_800_000].map(Duration::from_millis).map(duration);
        assert_eq!(shown, ["340 ms", "1.2 s", "31 s", "4 min 05 s", "2 h 10 min"]);
    }

    #[test]
    fn wide_characters_keep_their_columns() {
        let rows =
            vec![vec!["体育".to_owned(), "12".to_owned()], vec!["news".to_owned(), "3".to_owned()]];
        expect![[r"
            class  items
            体育      12
            news       3
        "]]
        .assert_eq(&table(&[("class", Align::Left), ("items", Align::Right)], &rows));
    }
}
