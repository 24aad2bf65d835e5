//! Pictures on a terminal: by the protocols of kitty and iTerm2 where the
//! terminal says it has them, else as half blocks in colour.
//!
//! A picture is decoded and encoded anew on its way: the bytes of the user's
//! file never reach the terminal.

use std::fmt::Write;

use image::{ImageFormat, RgbImage, imageops};

/// How a terminal shows pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The graphics protocol of kitty, also in Ghostty.
    Kitty,
    /// Inline images of iTerm2, also in `WezTerm`.
    Iterm,
    /// Two pixels a cell, in 24-bit colour.
    TrueColour,
    /// Two pixels a cell, in 256 colours.
    Colours256,
}

/// The protocol that the environment promises; `variable` looks one up.
pub(crate) fn detect(variable: impl Fn(&str) -> Option<String>) -> Protocol {
    let is = |name: &str, value: &str| variable(name).is_some_and(|it| it == value);
    let blocks = match variable("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") => Protocol::TrueColour,
        _ => Protocol::Colours256,
    };
    // Multiplexers swallow pictures.
    if variable("TMUX").is_some() || variable("STY").is_some() {
        return blocks;
    }
    if is("TERM", "xterm-kitty") || is("TERM", "xterm-ghostty") || is("TERM_PROGRAM", "ghostty") {
        return Protocol::Kitty;
    }
    let iterm = ["iTerm.app", "WezTerm"].iter().any(|it| is("TERM_PROGRAM", it));
    if iterm || is("LC_TERMINAL", "iTerm2") { Protocol::Iterm } else { blocks }
}

/// Columns and rows of the largest place of this picture's shape in `columns`
/// by `rows` cells, which are twice as high as wide. At least one cell.
pub(crate) fn fit(picture: &RgbImage, columns: u16, rows: u16) -> (u16, u16) {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale = (f64::from(columns) / width).min(f64::from(rows) * 2.0 / height);
    let cells = |length: f64, most: u16| (length.round() as u16).clamp(1, most.max(1));
    (cells(width * scale, columns), cells(height * scale / 2.0, rows))
}

/// Pixels by which a picture is reduced for terminals that scale it themselves.
const PIXELS_PER_CELL: (u32, u32) = (10, 20);

/// What shows the picture in `columns` by `rows` cells: one string a row for
/// half blocks; else one string in all, to be printed at the place's top left.
pub(crate) fn show(
    picture: &RgbImage,
    protocol: Protocol,
    (columns, rows): (u16, u16),
) -> Vec<String> {
    match protocol {
        Protocol::Kitty => vec![kitty(&base64(&png(picture, columns, rows)), columns, rows)],
        Protocol::Iterm => {
            let png = png(picture, columns, rows);
            let size = png.len();
            let data = base64(&png);
            vec![format!(
                "\x1b]1337;File=inline=1;size={size};width={columns};height={rows}:{data}\x07"
            )]
        }
        Protocol::TrueColour => {
            half_blocks(picture, columns, rows, |[r, g, b]| format!("2;{r};{g};{b}"))
        }
        Protocol::Colours256 => half_blocks(picture, columns, rows, |rgb| {
            let [r, g, b] = rgb.map(|it| (u32::from(it) * 5 + 127) / 255);
            format!("5;{}", 16 + 36 * r + 6 * g + b)
        }),
    }
}

/// The picture as PNG, no larger than the place needs.
fn png(picture: &RgbImage, columns: u16, rows: u16) -> Vec<u8> {
    let most = (u32::from(columns) * PIXELS_PER_CELL.0, u32::from(rows) * PIXELS_PER_CELL.1);
    let reduced = (most.0 < picture.width()).then(|| resized(picture, most.0, most.1));
    let mut bytes = std::io::Cursor::new(Vec::new());
    reduced
        .as_ref()
        .unwrap_or(picture)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("8-bit RGB is written to memory");
    bytes.into_inner()
}

fn resized(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    if width < picture.width() {
        imageops::thumbnail(picture, width, height)
    } else {
        imageops::resize(picture, width, height, imageops::FilterType::Nearest)
    }
}

/// The picture in the chunks that kitty's protocol asks for.
fn kitty(data: &str, columns: u16, rows: u16) -> String {
    const CHUNK: usize = 4096;
    let n_chunks = data.len().div_ceil(CHUNK);
    let mut text = String::with_capacity(data.len() + 16 * n_chunks + 64);
    for (index, chunk) in data.as_bytes().chunks(CHUNK).enumerate() {
        let chunk = std::str::from_utf8(chunk).expect("base64 is ASCII");
        let more = u8::from(index + 1 < n_chunks);
        // `q=2`: no replies, they would be read as keys.
        let control = match index {
            0 => format!("a=T,f=100,q=2,c={columns},r={rows},m={more}"),
            _ => format!("m={more}"),
        };
        write!(text, "\x1b_G{control};{chunk}\x1b\\").expect("a string takes everything");
    }
    text
}

/// What removes all pictures that kitty's protocol put on the screen; other
/// protocols need nothing.
pub(crate) fn clear(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Kitty { "\x1b_Ga=d,q=2\x1b\\" } else { "" }
}

/// One string a row: the upper pixel in the foreground of `▀`, the lower behind.
fn half_blocks(
    picture: &RgbImage,
    columns: u16,
    rows: u16,
    colour: impl Fn([u8; 3]) -> String,
) -> Vec<String> {
    let (columns, rows) = (u32::from(columns), u32::from(rows));
    let pixels = resized(picture, columns, rows * 2);
    let row = |row: u32| {
        let mut line = String::new();
        for column in 0..columns {
            let upper = colour(pixels.get_pixel(column, 2 * row).0);
            let lower = colour(pixels.get_pixel(column, 2 * row + 1).0);
            write!(line, "\x1b[38;{upper};48;{lower}m▀").expect("a string takes everything");
        }
        line + "\x1b[0m"
    };
    (0..rows).map(row).collect()
}

/// Base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            let is_padding = group.len() < digit;
            text.push(if is_padding { '=' } else { char::from(DIGITS[index as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Protocol, base64, detect, fit, kitty, show};
    use image::{Rgb, RgbImage};

    fn detected(variables: &[(&str, &str)]) -> Protocol {
        detect(|name| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned()))
    }

    #[test]
    fn the_environment_says_what_the_terminal_can() {
        assert_eq!(detected(&[]), Protocol::Colours256);
        assert_eq!(detected(&[("COLORTERM", "truecolor")]), Protocol::TrueColour);
        assert_eq!(detected(&[("TERM", "xterm-kitty")]), Protocol::Kitty);
        assert_eq!(detected(&[("TERM_PROGRAM", "iTerm.app")]), Protocol::Iterm);
        assert_eq!(detected(&[("TERM", "xterm-kitty"), ("TMUX", "x")]), Protocol::Colours256);
    }

    #[test]
    fn base64_is_as_in_the_rfc() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let coded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert_eq!(texts.map(|it| base64(it.as_bytes())), coded);
    }

    #[test]
    fn pictures_keep_their_shape() {
        assert_eq!(fit(&RgbImage::new(100, 100), 80, 20), (40, 20));
        assert_eq!(fit(&RgbImage::new(400, 100), 80, 20), (80, 10));
        assert_eq!(fit(&RgbImage::new(1, 5000), 80, 20), (1, 20));
    }

    #[test]
    fn half_blocks_hold_two_pixels_a_cell() {
        let mut picture = RgbImage::new(1, 2);
        picture.put_pixel(0, 0, Rgb([255, 0, 0]));
        picture.put_pixel(0, 1, Rgb([0, 0, 255]));
        let true_colour = show(&picture, Protocol::TrueColour, (1, 1));
        assert_eq!(true_colour, ["\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m"]);
        let colours = show(&picture, Protocol::Colours256, (1, 1));
        assert_eq!(colours, ["\x1b[38;5;196;48;5;21m▀\x1b[0m"]);
    }

    #[test]
    fn kitty_gets_chunks_that_say_whether_more_follow() {
        let text = kitty(&"A".repeat(5000), 8, 4);
        let chunks: Vec<&str> = text.split_terminator("\x1b\\").collect();
        assert_eq!(chunks.len(), 2);
        assert!(chunks[0].starts_with("\x1b_Ga=T,f=100,q=2,c=8,r=4,m=1;AAAA"));
        assert_eq!(chunks[1], format!("\x1b_Gm=0;{}", "A".repeat(904)));
    }
}
