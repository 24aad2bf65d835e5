//! Texts of unknown origin on a terminal: made harmless, and wrapped.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells a tab takes.
const TAB: &str = "    ";

/// The text with everything that could drive the terminal or turn the reading
/// order made visible: control characters as their pictures (`␛` for ESC), the
/// rest as `<U+202E>`. Line ends stay, tabs become spaces.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => shown.push('\n'),
            '\t' => shown.push_str(TAB),
            '\u{0}'..='\u{1f}' => shown.push(picture(char)),
            '\u{7f}' => shown.push('␡'),
            _ if drives(char) => shown.push_str(&format!("<U+{:04X}>", u32::from(char))),
            _ => shown.push(char),
        }
    }
    shown
}

/// The Unicode picture of a control character below the space.
fn picture(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).expect("the pictures are 32 in a row")
}

/// Whether a character above ASCII controls the terminal or the reading order,
/// or is a line end only for some.
fn drives(char: char) -> bool {
    matches!(char,
        '\u{80}'..='\u{9f}'                                   // C1 controls
        | '\u{200e}' | '\u{200f}' | '\u{61c}'                 // marks of direction
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'   // embeddings and overrides
        | '\u{2028}' | '\u{2029}'                             // line and paragraph separators
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'                // byte order mark, annotations
        | '\u{e0000}'..='\u{e007f}'                           // invisible tags
    )
}

/// The text in lines of at most `width` cells. Breaks at spaces where it can,
/// before wide characters, and inside words that are too long.
///
/// Cost: linear in the text.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph, width, &mut lines);
    }
    lines
}

fn wrap_paragraph(paragraph: &str, width: usize, lines: &mut Vec<String>) {
    let mut line = String::new();
    let mut line_width = 0;
    for piece in pieces(paragraph) {
        let fits = line_width + piece.trim_end().width() <= width;
        if !fits && !line.is_empty() {
            lines.push(line.trim_end().to_owned());
            (line, line_width) = (String::new(), 0);
        }
        if piece.width() <= width {
            line += piece;
            line_width += piece.width();
            continue;
        }
        for char in piece.chars() {
            let char_width = char.width().unwrap_or(0);
            if width < line_width + char_width {
                lines.push(std::mem::take(&mut line));
                line_width = 0;
            }
            line.push(char);
            line_width += char_width;
        }
    }
    lines.push(line.trim_end().to_owned());
}

/// The parts of a paragraph between which a line may end: words with the spaces
/// after them, and single wide characters.
fn pieces(paragraph: &str) -> Vec<&str> {
    let is_wide = |it: char| it.width() == Some(2);
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, char) in paragraph.char_indices() {
        let ends_word = before.is_some_and(char::is_whitespace) && !char.is_whitespace();
        let wide = before.is_some() && is_wide(char) || before.is_some_and(is_wide);
        // Combining marks stay with what they combine with.
        if (ends_word || wide) && char.width() != Some(0) && !char.is_whitespace() {
            pieces.push(&paragraph[start..at]);
            start = at;
        }
        before = Some(char);
    }
    pieces.push(&paragraph[start..]);
    pieces
}

/// The text cut to `width` cells, with `…` where something was cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut shown_width = 0;
    for char in text.chars() {
        let char_width = char.width().unwrap_or(0);
        if width < shown_width + char_width + 1 {
            break;
        }
        shown.push(char);
        shown_width += char_width;
    }
    shown + "…"
}

#[cfg(test)]
mod tests {
    use super::{cut, harmless, wrap};
    use expect_test::expect;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn a_text_cannot_drive_the_terminal() {
        let shown = harmless("a\x1b[2J\x07b\u{9b}31m\r\nc\rd\te\u{202e}f\x7f\0");
        expect!["a␛[2J␇b<U+009B>31m\nc␍d    e<U+202E>f␡␀"].assert_eq(&shown);
    }

    #[test]
    fn lines_end_between_words_and_wide_characters() {
        let wrapped =
            wrap("The room was clean. 房间很干净，服务也好\n\nincomprehensibilities!", 10);
        expect![[r"
            The room
            was clean.
            房间很干净
            ，服务也好

            incomprehe
            nsibilitie
            s!"]]
        .assert_eq(&wrapped.join("\n"));
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("房间很干净", 6), "房间…");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[a-z房间 ,\n]{0,80}", width in 2_usize..30) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|it| it.width() <= width));
            let visible = |it: &str| it.chars().filter(|it| !it.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&lines.concat()), visible(&text));
        }

        #[test]
        fn no_control_character_is_left(text in any::<String>()) {
            prop_assert!(harmless(&text).chars().all(|it| it == '\n' || !it.is_control()));
        }
    }
}
