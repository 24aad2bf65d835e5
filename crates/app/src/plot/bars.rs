//! Horizontal bars in parts: who labelled what, what it cost.

use super::canvas::{
    Area, Axis, Canvas, FAINT, INK, SERIES, Type, number, percent, shortened, text_width,
};

/// What a bar chart shows.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    /// `Human answers until at most 5 % are wrong`.
    pub(crate) title: String,
    /// The axis with its unit: `human answers`, `share of items`.
    pub(crate) axis: String,
    /// Whether values are shares in `[0, 1]`, written in per cent.
    pub(crate) is_share: bool,
    /// Names of the parts, in their order.
    pub(crate) parts: Vec<String>,
    /// From top to bottom.
    pub(crate) bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    /// `CIFAR-10`.
    pub(crate) name: String,
    /// One value a part, not negative.
    pub(crate) values: Vec<f64>,
    /// A value to compare the sum with, drawn as a line: a rival's, a target.
    pub(crate) rival: Option<f64>,
}

const BAR_HEIGHT: f64 = 24.0;
const BAR_STEP: f64 = 38.0;

/// The bars as SVG, with the legend above and each sum to the right. `rival`
/// names what the lines across the bars stand for.
pub(crate) fn bars(plot: &Bars, rival: Option<&str>) -> String {
    let names: Vec<String> = plot.bars.iter().map(|it| shortened(&it.name, 13.0, 220.0)).collect();
    let name_width = names.iter().map(|it| text_width(it, 13.0)).fold(40.0, f64::max);
    let left = name_width + 34.0;
    let width = left + if rival.is_some() { 640.0 } else { 560.0 };
    let legend = legend(plot, rival, width - 20.0);
    let n_lines = legend.last().map_or(0.0, |it| it.line + 1.0);
    let has_legend = 1 < plot.parts.len() || rival.is_some();
    let top = if has_legend { 50.0 + 22.0 * n_lines } else { 54.0 };
    let height = BAR_STEP * plot.bars.len() as f64 + 8.0;
    let area = Area { left, top, width: 460.0, height };
    let mut canvas = Canvas::new(width, area.bottom() + 58.0, &plot.title);
    if has_legend {
        draw_legend(&mut canvas, &legend);
    }
    let sum = |it: &Bar| it.values.iter().sum::<f64>();
    let most = plot.bars.iter().map(|it| sum(it).max(it.rival.unwrap_or(0.0))).fold(0.0, f64::max);
    let write = if plot.is_share { percent } else { number };
    let axis = Axis::linear(0.0, if 0.0 < most { most } else { 1.0 }, write);
    canvas.x_axis(area, &axis, &plot.axis);
    for (row, (bar, name)) in plot.bars.iter().zip(&names).enumerate() {
        let top = area.top + 8.0 + BAR_STEP * row as f64;
        let middle = top + BAR_HEIGHT / 2.0 + 4.5;
        canvas.text(area.left - 10.0, middle, name, Type::size(13.0).end());
        let mut from = 0.0;
        for (part, value) in bar.values.iter().enumerate() {
            let (start, end) = (axis.position(from), axis.position(from + value));
            let left = area.left + start * area.width;
            let piece = Area { left, top, width: (end - start) * area.width, height: BAR_HEIGHT };
            canvas.rect(piece, &format!("fill=\"{}\"", SERIES[part % SERIES.len()]));
            from += value;
        }
        if let Some(rival) = bar.rival {
            let x = area.left + axis.position(rival) * area.width;
            let style = format!("stroke=\"{INK}\" stroke-width=\"2.4\"");
            canvas.line((x, top - 4.0), (x, top + BAR_HEIGHT + 4.0), &style);
        }
        let step = if plot.is_share { 0.001 } else { 1.0 };
        let sum = write(from, step);
        let x = area.right() + 14.0;
        canvas.text(x, middle, &sum, Type::size(12.0));
        if let Some(rival) = bar.rival {
            let x = x + text_width(&sum, 12.0) + 6.0;
            let against = format!("against {}", write(rival, step));
            canvas.text(x, middle, &against, Type::size(12.0).color(FAINT));
        }
    }
    canvas.line(
        (area.left, area.top),
        (area.left, area.bottom()),
        &format!("stroke=\"{INK}\" stroke-width=\"1.2\""),
    );
    canvas.finish()
}

/// One entry of the legend and its place.
struct Entry {
    name: String,
    part: Option<usize>,
    left: f64,
    line: f64,
}

/// The parts and the rival, in as many lines as they need.
fn legend(plot: &Bars, rival: Option<&str>, width: f64) -> Vec<Entry> {
    let parts = plot.parts.iter().enumerate().map(|(part, name)| (Some(part), name.as_str()));
    let (mut left, mut line) = (20.0, 0.0);
    let mut entries = Vec::new();
    for (part, name) in parts.chain(rival.map(|it| (None, it))) {
        let name = shortened(name, 12.0, width - 60.0);
        let entry_width = text_width(&name, 12.0) + 38.0;
        if 20.0 < left && width < left + entry_width {
            (left, line) = (20.0, line + 1.0);
        }
        entries.push(Entry { name, part, left, line });
        left += entry_width;
    }
    entries
}

fn draw_legend(canvas: &mut Canvas, entries: &[Entry]) {
    for Entry { name, part, left, line } in entries {
        let y = 46.0 + 22.0 * line;
        if let Some(part) = part {
            let square = Area { left: *left, top: y, width: 13.0, height: 13.0 };
            canvas.rect(square, &format!("fill=\"{}\"", SERIES[part % SERIES.len()]));
        } else {
            let x = left + 6.0;
            let style = format!("stroke=\"{INK}\" stroke-width=\"2.4\"");
            canvas.line((x, y - 2.0), (x, y + 15.0), &style);
        }
        canvas.text(left + 19.0, y + 11.0, name, Type::size(12.0).color(FAINT));
    }
}
