//! What stands where on the screen of one question: values in, lines out.

use std::ops::Range;

use annota_core::label::{ClassId, Schema};

use super::{
    keys::{self, Keys},
    text::{cut, harmless, wrap},
};

/// Everything the screen of one question shows, but for a picture.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    /// The classes, and their keys.
    pub(crate) schema: &'a Schema,
    pub(crate) keys: &'a Keys,
    /// What people call the item.
    pub(crate) name: &'a str,
    /// Why this item.
    pub(crate) reason: &'a str,
    /// The text of the item, or a line instead of a picture that cannot be shown.
    pub(crate) text: &'a str,
    /// Number of this question, from 1, and of all of the batch.
    pub(crate) number: usize,
    pub(crate) batch_len: usize,
    /// The suggested class and its probability.
    pub(crate) suggestion: Option<(ClassId, f32)>,
    /// First line of the text that is shown.
    pub(crate) scroll: usize,
    /// What is typed in the search for a class.
    pub(crate) search: Option<&'a str>,
    /// Whether the keys are shown instead of the item.
    pub(crate) help: bool,
    /// An answer to the last key.
    pub(crate) message: Option<&'a str>,
}

/// A screen, line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    /// At most as many as the screen is high, none wider than it.
    pub(crate) lines: Vec<String>,
    /// Where the item is shown.
    pub(crate) body: Range<usize>,
    /// How far the text can be moved.
    pub(crate) last_scroll: usize,
}

impl View<'_> {
    /// The screen in `width` by `height` cells.
    pub(crate) fn screen(&self, width: usize, height: usize) -> Screen {
        let mut below = vec![String::new()];
        below.extend(self.class_lines(width, (height / 3).max(1)));
        below.push(self.suggestion_line());
        below.push(self.footer());
        let above = self.header(width);
        let body_len = height.saturating_sub(above.len() + below.len()).max(1);
        let body = if self.help { keys::help() } else { wrap(&harmless(self.text), width) };
        let last_scroll = body.len().saturating_sub(body_len);
        let first = self.scroll.min(last_scroll);
        let body_start = above.len();
        let mut lines = above;
        lines.extend(body.into_iter().skip(first).take(body_len));
        lines.resize(body_start + body_len, String::new());
        if first < last_scroll {
            *lines.last_mut().expect("the body has a line") =
                format!("… {} more lines: Down, PgDn", last_scroll - first + 1);
        }
        lines.extend(below);
        lines.truncate(height);
        let lines = lines.iter().map(|it| cut(it, width)).collect();
        Screen { lines, body: body_start..body_start + body_len, last_scroll }
    }

    fn header(&self, width: usize) -> Vec<String> {
        let name = harmless(self.name).replace('\n', "␊");
        let line = format!("{} of {}  {name}  ({})", self.number, self.batch_len, self.reason);
        vec![cut(&line, width), String::new()]
    }

    fn suggestion_line(&self) -> String {
        match self.suggestion {
            Some((class, confidence)) => format!(
                "suggested: {} ({:.0} %)",
                shown_name(self.schema, class),
                f64::from(confidence) * 100.0
            ),
            None => String::new(),
        }
    }

    fn footer(&self) -> String {
        if let Some(message) = self.message {
            return message.to_owned();
        }
        if self.search.is_some() {
            return "Enter chooses the first, Esc leaves the search".to_owned();
        }
        let accept = if self.suggestion.is_some() { "Enter accept  " } else { "" };
        format!("{accept}Space skip  u undo  / search  ? keys  q quit")
    }

    /// The classes with their keys in columns, or those that the search finds.
    fn class_lines(&self, width: usize, most: usize) -> Vec<String> {
        let Some(search) = self.search else {
            let all: Vec<String> = self.class_ids().map(|it| self.keyed(it)).collect();
            return columns(&all, width, most, "press / and type a part of the name");
        };
        let found: Vec<String> =
            find(self.schema, search).into_iter().map(|it| shown_name(self.schema, it)).collect();
        let mut lines = vec![format!("/{}", harmless(search))];
        let none = vec!["no class has that in its name".to_owned()];
        let found = if found.is_empty() { none } else { found };
        lines.extend(columns(&found, width, most.saturating_sub(1).max(1), "type more"));
        lines
    }

    fn class_ids(&self) -> impl Iterator<Item = ClassId> {
        let n_classes = u16::try_from(self.schema.n_classes()).expect("a schema fits in u16");
        (0..n_classes).map(ClassId)
    }

    fn keyed(&self, class: ClassId) -> String {
        let key = self.keys.key(class).unwrap_or(' ');
        format!("{key} {}", shown_name(self.schema, class))
    }
}

fn shown_name(schema: &Schema, class: ClassId) -> String {
    harmless(schema.name(class)).replace('\n', "␊")
}

/// The classes that have `part` in their names, whatever the case: first those
/// that begin with it, then in the order of the schema.
pub(crate) fn find(schema: &Schema, part: &str) -> Vec<ClassId> {
    let part = part.to_lowercase();
    let ids = (0..schema.n_classes()).map(|it| ClassId(u16::try_from(it).expect("fits in u16")));
    let name = |it: &ClassId| schema.name(*it).to_lowercase();
    let mut found: Vec<ClassId> = ids.filter(|it| name(it).contains(&part)).collect();
    found.sort_by_key(|it| (name(it) != part, !name(it).starts_with(&part), *it));
    found
}

/// Cells in as many equal columns as fit, read line by line, at most `most`
/// lines; if not all fit, the last line says how many are missing and `way_out`.
fn columns(cells: &[String], width: usize, most: usize, way_out: &str) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let cells: Vec<String> = cells.iter().map(|it| cut(it, width)).collect();
    let widest = cells.iter().map(|it| it.width()).max().unwrap_or(0) + 2;
    let per_line = ((width + 2) / widest).max(1);
    let is_cut = most < cells.len().div_ceil(per_line);
    let n_lines = if is_cut { most.saturating_sub(1) } else { most };
    let line = |row: &[String]| {
        let padded = row.iter().map(|it| format!("{it}{}", " ".repeat(widest - it.width())));
        padded.collect::<String>().trim_end().to_owned()
    };
    let mut lines: Vec<String> = cells.chunks(per_line).take(n_lines).map(line).collect();
    if is_cut {
        let missing = cells.len() - n_lines * per_line;
        lines.push(format!("… and {missing} more: {way_out}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Keys, View, find};
    use annota_core::label::{ClassId, Schema};
    use expect_test::{Expect, expect};

    fn schema(classes: &[&str]) -> Schema {
        Schema::new(classes.iter().map(ToString::to_string).collect()).expect("a schema")
    }

    fn check(
        change: impl FnOnce(&mut View<'_>),
        (width, height): (usize, usize),
        expected: &Expect,
    ) {
        let schema = schema(&["positive", "negative", "体育", "\u{1b}[31mred"]);
        let keys = Keys::new(&schema);
        let mut view = View {
            schema: &schema,
            keys: &keys,
            name: "reviews.csv:87",
            reason: "most uncertain",
            text: "The room was clean.\nThe staff was friendly, but breakfast was not worth its price.",
            number: 2,
            batch_len: 20,
            suggestion: Some((ClassId(1), 0.625)),
            scroll: 0,
            search: None,
            help: false,
            message: None,
        };
        change(&mut view);
        let screen = view.screen(width, height);
        assert!(screen.lines.len() <= height);
        expected.assert_eq(&(screen.lines.join("\n") + "\n"));
    }

    #[test]
    fn a_question_shows_item_classes_and_suggestion() {
        check(
            |_| (),
            (48, 12),
            &expect![[r#"
                2 of 20  reviews.csv:87  (most uncertain)

                The room was clean.
                The staff was friendly, but breakfast was not
                worth its price.




                1 positive  2 negative  3 体育      4 ␛[31mred
                suggested: negative (62 %)
                Enter accept  Space skip  u undo  / search  ? k…
            "#]],
        );
    }

    #[test]
    fn a_text_too_long_is_moved_through() {
        let scrolled = |view: &mut View<'_>| view.scroll = 1;
        check(
            scrolled,
            (24, 9),
            &expect![[r#"
            2 of 20  reviews.csv:87…

            The staff was friendly,
            … 2 more lines: Down, P…

            1 positive  2 negative
            3 体育      4 ␛[31mred
            suggested: negative (62…
            Enter accept  Space ski…
        "#]],
        );
    }

    #[test]
    fn the_search_narrows_the_classes() {
        check(
            |view| view.search = Some("Ti"),
            (48, 9),
            &expect![[r#"
            2 of 20  reviews.csv:87  (most uncertain)

            The room was clean.
            … 2 more lines: Down, PgDn

            /Ti
            positive  negative
            suggested: negative (62 %)
            Enter chooses the first, Esc leaves the search
        "#]],
        );
        check(
            |view| view.search = Some("zz"),
            (48, 9),
            &expect![[r#"
            2 of 20  reviews.csv:87  (most uncertain)

            The room was clean.
            … 2 more lines: Down, PgDn

            /zz
            no class has that in its name
            suggested: negative (62 %)
            Enter chooses the first, Esc leaves the search
        "#]],
        );
    }

    #[test]
    fn classes_that_begin_with_what_was_typed_come_first() {
        let schema = schema(&["card lost", "lost card", "lost", "other"]);
        assert_eq!(find(&schema, "LOST"), [2, 1, 0].map(ClassId));
        assert_eq!(find(&schema, ""), [0, 1, 2, 3].map(ClassId));
    }
}
