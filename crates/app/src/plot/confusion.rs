//! Confusion matrices as heat maps.

use super::canvas::{Area, Canvas, FAINT, INK, Type, number, percent, shortened, text_width};

/// What a confusion matrix shows.
#[derive(Clone, Debug)]
pub(crate) struct Confusion {
    /// `Confusion on 400 audited items`.
    pub(crate) title: String,
    /// The classes, in the order of the schema.
    pub(crate) classes: Vec<String>,
    /// Number of items by true class (row) and predicted class (column); shape
    /// `[n_classes, n_classes]`.
    pub(crate) counts: Vec<Vec<u64>>,
}

/// Up to this many classes every cell has its number and every class its name.
const MOST_NAMED: usize = 30;
/// Confusions listed beside a matrix too large for names.
const N_LISTED: usize = 16;

/// The matrix as SVG. A row's colours are shares of that row, so rare classes
/// show as well as frequent ones. Beyond 30 classes the cells have no numbers,
/// and the most frequent confusions are listed beside them.
pub(crate) fn confusion(plot: &Confusion) -> String {
    if plot.classes.len() <= MOST_NAMED { named(plot) } else { condensed(plot) }
}

fn named(plot: &Confusion) -> String {
    let n = plot.classes.len().max(1);
    let cell = (520.0 / n as f64).clamp(26.0, 72.0);
    let name_size = if n <= 12 { 12.0 } else { 11.0 };
    let names: Vec<String> =
        plot.classes.iter().map(|it| shortened(it, name_size, 150.0)).collect();
    let name_width = names.iter().map(|it| text_width(it, name_size)).fold(20.0, f64::max);
    let side = cell * n as f64;
    let area = Area { left: name_width + 58.0, top: 62.0, width: side, height: side };
    let is_upright = names.iter().all(|it| text_width(it, name_size) <= cell - 6.0);
    let below = if is_upright { 24.0 } else { name_width + 12.0 };
    let width = (area.right() + 96.0).max(360.0);
    let mut canvas = Canvas::new(width, area.bottom() + below + 34.0, &plot.title);
    canvas.text(20.0, 50.0, &summary(plot), Type::size(12.0).color(FAINT));
    cells(&mut canvas, plot, area, cell);
    for (i, name) in names.iter().enumerate() {
        let center = cell * (i as f64 + 0.5);
        canvas.text(area.left - 8.0, area.top + center + 4.0, name, Type::size(name_size).end());
        let x = area.left + center;
        if is_upright {
            canvas.text(x, area.bottom() + 17.0, name, Type::size(name_size).middle());
        } else {
            let set = Type::size(name_size).end().turned(-90.0);
            canvas.text(x + 4.0, area.bottom() + 8.0, name, set);
        }
    }
    let x = area.left + side / 2.0;
    canvas.text(x, area.bottom() + below + 18.0, "predicted", Type::size(13.0).middle());
    canvas.text(24.0, area.top + side / 2.0, "true", Type::size(13.0).middle().turned(-90.0));
    key(&mut canvas, area);
    canvas.finish()
}

fn condensed(plot: &Confusion) -> String {
    let n = plot.classes.len();
    let side = 480.0;
    let area = Area { left: 48.0, top: 62.0, width: side, height: side };
    let mut canvas = Canvas::new(1130.0, area.bottom() + 50.0, &plot.title);
    canvas.text(20.0, 50.0, &summary(plot), Type::size(12.0).color(FAINT));
    cells(&mut canvas, plot, area, side / n as f64);
    let x = area.left + side / 2.0;
    canvas.text(x, area.bottom() + 24.0, "predicted (classes in order)", Type::size(13.0).middle());
    canvas.text(30.0, area.top + side / 2.0, "true", Type::size(13.0).middle().turned(-90.0));
    key(&mut canvas, area);
    let mut confusions: Vec<(u64, usize, usize)> = Vec::new();
    for (i, row) in plot.counts.iter().enumerate() {
        let wrong = row.iter().enumerate().filter(|(j, count)| *j != i && 0 < **count);
        confusions.extend(wrong.map(|(j, count)| (*count, i, j)));
    }
    confusions.sort_by_key(|(count, i, j)| (std::cmp::Reverse(*count), *i, *j));
    let left = area.right() + 106.0;
    canvas.text(left, area.top + 12.0, "most frequent: true → predicted", Type::size(13.0));
    for (row, (count, i, j)) in confusions.iter().take(N_LISTED).enumerate() {
        let y = area.top + 40.0 + 27.0 * row as f64;
        canvas.text(left + 30.0, y, &number(*count as f64, 1.0), Type::size(12.0).end());
        let name = |class: &usize| shortened(&plot.classes[*class], 12.0, 205.0);
        let pair = format!("{} → {}", name(i), name(j));
        canvas.text(left + 40.0, y, &pair, Type::size(12.0));
    }
    if confusions.is_empty() {
        canvas.text(left, area.top + 40.0, "none", Type::size(12.0));
    }
    canvas.finish()
}

fn summary(plot: &Confusion) -> String {
    let n: u64 = plot.counts.iter().flatten().sum();
    let n_right: u64 = (0..plot.classes.len()).map(|it| plot.counts[it][it]).sum();
    if n == 0 {
        return "no items".to_owned();
    }
    let right = percent(n_right as f64 / n as f64, 0.001);
    format!("{} items, {right} right", number(n as f64, 1.0))
}

fn cells(canvas: &mut Canvas, plot: &Confusion, area: Area, cell: f64) {
    let gap = if cell < 20.0 { 0.0 } else { 1.0 };
    for (i, row) in plot.counts.iter().enumerate() {
        let total: u64 = row.iter().sum();
        for (j, count) in row.iter().enumerate() {
            let share = if total == 0 { 0.0 } else { *count as f64 / total as f64 };
            let (left, top) = (area.left + cell * j as f64, area.top + cell * i as f64);
            let square = Area { left, top, width: cell - gap, height: cell - gap };
            if 0 < *count || 0.0 < gap {
                canvas.rect(square, &format!("fill=\"{}\"", shade(share)));
            }
            if 20.0 <= cell && 0 < *count {
                let text = number(*count as f64, 1.0);
                let size = (cell * 0.36).min(14.0).min((cell - 4.0) / text_width(&text, 1.0));
                let color = if 0.5 < share { "#FFFFFF" } else { INK };
                let set = Type::size((size * 10.0).round() / 10.0).middle().color(color);
                canvas.text(left + cell / 2.0, top + cell / 2.0 + size * 0.36, &text, set);
            }
        }
    }
    canvas.rect(area, "fill=\"none\" stroke=\"#999999\" stroke-width=\"1\"");
}

/// From nearly white to dark blue; square root, so that a few per cent show.
fn shade(share: f64) -> String {
    let stops = [(247.0, 249.0, 252.0), (120.0, 174.0, 214.0), (8.0, 48.0, 107.0)];
    let place = share.clamp(0.0, 1.0).sqrt() * 2.0;
    let (from, to, t) =
        if place < 1.0 { (stops[0], stops[1], place) } else { (stops[1], stops[2], place - 1.0) };
    let mix = |a: f64, b: f64| (a + (b - a) * t).round() as u8;
    format!("#{:02X}{:02X}{:02X}", mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// What the colours mean, right of the matrix.
fn key(canvas: &mut Canvas, area: Area) {
    let (left, n) = (area.right() + 16.0, 40);
    let height = area.height.min(160.0);
    for i in 0..n {
        let share = 1.0 - f64::from(i) / f64::from(n - 1);
        let step = height / f64::from(n);
        let bar =
            Area { left, top: area.top + step * f64::from(i), width: 12.0, height: step + 0.6 };
        canvas.rect(bar, &format!("fill=\"{}\"", shade(share)));
    }
    for (share, label) in [(1.0, "100 %"), (0.5, "50 %"), (0.0, "0 %")] {
        let y = area.top + height * (1.0 - share);
        canvas.text(left + 18.0, y + 4.0, label, Type::size(11.0).color(FAINT));
    }
    let (x, y) = (left, area.top + height + 20.0);
    canvas.text(x, y, "of the row", Type::size(11.0).color(FAINT));
}
