//! A page of SVG, axes with round numbers, and how wide a text is.

use std::fmt::Write as _;

/// Colours of series, in order.
pub(super) const SERIES: [&str; 7] =
    ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];
/// Dashes of series, in order; none, then growing.
pub(super) const DASHES: [&str; 7] = ["", "7 3", "2 3", "9 3 2 3", "5 5", "1 4", "12 4"];
pub(super) const INK: &str = "#222222";
pub(super) const FAINT: &str = "#666666";
const GRID: &str = "#E3E3E3";
const FONTS: &str = "'DejaVu Sans', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', 'Microsoft YaHei', 'PingFang SC', sans-serif";

/// How a text is set.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) anchor: &'static str,
    pub(super) color: &'static str,
    /// Degrees, clockwise.
    pub(super) turn: f64,
}

impl Type {
    /// Upright, dark, beginning at its place.
    pub(super) fn size(size: f64) -> Type {
        Type { size, anchor: "start", color: INK, turn: 0.0 }
    }

    pub(super) fn middle(self) -> Type {
        Type { anchor: "middle", ..self }
    }

    pub(super) fn end(self) -> Type {
        Type { anchor: "end", ..self }
    }

    pub(super) fn turned(self, turn: f64) -> Type {
        Type { turn, ..self }
    }

    pub(super) fn color(self, color: &'static str) -> Type {
        Type { color, ..self }
    }
}

/// A rectangle in pixels, y down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(self) -> f64 {
        self.top + self.height
    }
}

/// A page that is drawn on from back to front.
pub(super) struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    /// A white page with `title` at its top.
    pub(super) fn new(width: f64, height: f64, title: &str) -> Canvas {
        let mut canvas = Canvas { width, height, body: String::new() };
        let page = Area { left: 0.0, top: 0.0, width, height };
        canvas.rect(page, "fill=\"#FFFFFF\"");
        let title = shortened(title, 16.0, width - 40.0);
        canvas.text(20.0, 30.0, &title, Type::size(16.0));
        canvas
    }

    pub(super) fn rect(&mut self, area: Area, style: &str) {
        let Area { left, top, width, height } = area;
        self.put(&format!(
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {style}/>"
        ));
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(&format!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>"
        ));
    }

    /// A line through `points`, or with `is_closed` the shape inside it.
    pub(super) fn path(&mut self, points: &[(f64, f64)], is_closed: bool, style: &str) {
        let mut data = String::new();
        for (i, (x, y)) in points.iter().enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            write!(data, "{command}{x:.1} {y:.1}").expect("writing to a string does not fail");
        }
        let end = if is_closed { "Z" } else { "" };
        self.put(&format!("<path d=\"{data}{end}\" {style}/>"));
    }

    /// One of seven marks, by number: circle, square, triangle and so on.
    pub(super) fn mark(&mut self, (x, y): (f64, f64), series: usize) {
        let color = SERIES[series % SERIES.len()];
        let style = format!("fill=\"{color}\" stroke=\"#FFFFFF\" stroke-width=\"1\"");
        let shape: &[(f64, f64)] = match series % 4 {
            0 => {
                self.put(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" {style}/>"));
                return;
            }
            1 => &[(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)],
            2 => &[(0.0, -4.8), (4.6, 3.6), (-4.6, 3.6)],
            _ => &[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)],
        };
        let points: Vec<_> = shape.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
        self.path(&points, true, &style);
    }

    pub(super) fn text(&mut self, x: f64, y: f64, text: &str, set: Type) {
        let Type { size, anchor, color, turn } = set;
        let turn = if turn == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({turn} {x:.1} {y:.1})\"")
        };
        self.put(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{color}\"{turn}>{}</text>",
            escaped(text)
        ));
    }

    fn put(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// Grid, numbers and name of a vertical axis at the left of `area`.
    pub(super) fn y_axis(&mut self, area: Area, axis: &Axis, name: &str) {
        for (value, label) in &axis.ticks {
            let y = area.bottom() - axis.position(*value) * area.height;
            let style = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
            self.line((area.left, y), (area.right(), y), &style);
            self.text(area.left - 8.0, y + 4.0, label, Type::size(12.0).end());
        }
        let middle = area.top + area.height / 2.0;
        let widest = axis.ticks.iter().map(|it| text_width(&it.1, 12.0)).fold(0.0, f64::max);
        let x = area.left - widest - 20.0;
        self.text(x, middle, name, Type::size(13.0).middle().turned(-90.0));
    }

    /// Grid, numbers and name of a horizontal axis at the bottom of `area`.
    pub(super) fn x_axis(&mut self, area: Area, axis: &Axis, name: &str) {
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in &axis.ticks {
            let x = area.left + axis.position(*value) * area.width;
            let style = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
            self.line((x, area.top), (x, area.bottom()), &style);
            let half = text_width(label, 12.0) / 2.0;
            if free_from <= x - half {
                self.text(x, area.bottom() + 18.0, label, Type::size(12.0).middle());
                free_from = x + half + 8.0;
            }
        }
        let middle = area.left + area.width / 2.0;
        self.text(middle, area.bottom() + 40.0, name, Type::size(13.0).middle());
    }

    /// The left and bottom edge of `area`, drawn over the data.
    pub(super) fn edges(&mut self, area: Area) {
        let corner = (area.left, area.bottom());
        let style = format!("stroke=\"{INK}\" stroke-width=\"1.2\"");
        self.line((area.left, area.top), corner, &style);
        self.line(corner, (area.right(), area.bottom()), &style);
    }

    /// The page as an SVG file.
    pub(super) fn finish(self) -> String {
        let Canvas { width, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\">\n{body}</svg>\n"
        )
    }
}

/// The range of an axis, linear or logarithmic, with labelled round numbers.
pub(super) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From `low` to `high` or a little beyond, so that both ends are round;
    /// `label` writes a number, given the step to the next.
    pub(super) fn linear(low: f64, high: f64, label: impl Fn(f64, f64) -> String) -> Axis {
        let high = if low < high { high } else { low + 1.0 };
        let step = round_step((high - low) / 6.0);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let n = (last - first).round() as usize;
        let value = |i: usize| (first + i as f64) * step;
        let ticks = (0..=n).map(|it| (value(it), label(value(it), step))).collect();
        Axis { low: first * step, high: last * step, is_log: false, ticks }
    }

    /// From `low` to `high`, both positive, with 1, 2 and 5 times powers of ten.
    pub(super) fn logarithmic(low: f64, high: f64, label: impl Fn(f64, f64) -> String) -> Axis {
        let mut ticks = Vec::new();
        let mut power = 10_f64.powf(low.log10().floor());
        while power <= high {
            for value in [power, 2.0 * power, 5.0 * power] {
                if low * 0.999 <= value && value <= high * 1.001 {
                    ticks.push((value, label(value, power)));
                }
            }
            power *= 10.0;
        }
        Axis { low, high, is_log: true, ticks }
    }

    /// The same range with every `n`-th label, none if `n` is 0.
    pub(super) fn every(mut self, n: usize) -> Axis {
        let mut row = 0;
        self.ticks.retain(|_| {
            row += 1;
            0 < n && (row - 1) % n == 0
        });
        self
    }

    /// Where `value` is, 0 at the low end and 1 at the high end.
    pub(super) fn position(&self, value: f64) -> f64 {
        let place = if self.is_log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        place.clamp(0.0, 1.0)
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|it| it * power)
        .into_iter()
        .find(|it| least <= *it * 1.000_001)
        .unwrap_or(power)
}

/// `0.85` as `85 %`, with a decimal where the steps are finer than a per cent.
pub(super) fn percent(value: f64, step: f64) -> String {
    let digits = if step < 0.000_99 { 2 } else { usize::from(step < 0.009_9) };
    format!("{:.digits$} %", value * 100.0)
}

/// `12408` as `12,408`; a number that is not whole with the decimals of `step`.
pub(super) fn number(value: f64, step: f64) -> String {
    if step < 0.99 {
        let digits = (-step.log10()).ceil().clamp(0.0, 6.0) as usize;
        return format!("{value:.digits$}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if 0 < i && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 { format!("-{grouped}") } else { grouped }
}

/// About how wide `text` is, in pixels; rather too wide than too narrow.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let width = |it: char| match it {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '(' | ')' | 'f'
        | 't' | 'r' => 0.38,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.98,
        it if '\u{2E80}' <= it => 1.0,
        it if it.is_uppercase() => 0.72,
        _ => 0.63,
    };
    text.chars().map(width).sum::<f64>() * size
}

/// `text`, cut so that it fits into `width` pixels.
pub(super) fn shortened(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        if width < text_width(&format!("{short}{character}…"), size) {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

/// `text` for XML; characters that XML forbids are left out.
fn escaped(text: &str) -> String {
    let allowed =
        text.chars().filter(|it| !it.is_control() && *it != '\u{FFFE}' && *it != '\u{FFFF}');
    let mut out = String::new();
    for character in allowed {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            it => out.push(it),
        }
    }
    out
}
