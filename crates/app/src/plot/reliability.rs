//! Reliability diagrams: how often the model is right when it says how sure it is.

use super::canvas::{Area, Axis, Canvas, FAINT, INK, SERIES, Type, number, percent};

/// What a reliability diagram shows.
#[derive(Clone, Debug)]
pub(crate) struct Reliability {
    /// `Calibration of model v3`.
    pub(crate) title: String,
    /// Expected calibration error, in `[0, 1]`.
    pub(crate) ece: f64,
    /// By increasing confidence; empty bins may be left out.
    pub(crate) bins: Vec<Bin>,
}

/// Items of about the same confidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bin {
    /// The confidences that fall into it, in `[0, 1]`.
    pub(crate) range: (f64, f64),
    /// Their mean confidence.
    pub(crate) confidence: f64,
    /// The share of right predictions among them.
    pub(crate) accuracy: f64,
    /// An interval for that share, if there was enough data.
    pub(crate) interval: Option<(f64, f64)>,
    /// Number of items.
    pub(crate) n: u64,
}

/// The diagram as SVG, with the number of items by confidence under it.
pub(crate) fn reliability(plot: &Reliability) -> String {
    let mut canvas = Canvas::new(520.0, 620.0, &plot.title);
    let n: u64 = plot.bins.iter().map(|it| it.n).sum();
    let told = format!("ECE {}, {} items", percent(plot.ece, 0.001), number(n as f64, 1.0));
    canvas.text(20.0, 50.0, &told, Type::size(12.0).color(FAINT));
    let area = Area { left: 84.0, top: 66.0, width: 400.0, height: 370.0 };
    let unit = || Axis::linear(0.0, 1.0, percent);
    let axis = unit();
    canvas.y_axis(area, &axis, "right (share of items)");
    canvas.x_axis(area, &unit().every(0), "");
    let place = |x: f64, y: f64| {
        (area.left + axis.position(x) * area.width, area.bottom() - axis.position(y) * area.height)
    };
    let color = SERIES[0];
    for bin in plot.bins.iter().filter(|it| 0 < it.n) {
        let (left, top) = place(bin.range.0, bin.accuracy);
        let (right, _) = place(bin.range.1, 0.0);
        let bar = Area {
            left: left + 1.0,
            top,
            width: (right - left - 2.0).max(1.0),
            height: area.bottom() - top,
        };
        canvas.rect(bar, &format!("fill=\"{color}\" fill-opacity=\"0.22\""));
    }
    let style = format!("stroke=\"{FAINT}\" stroke-width=\"1.4\" stroke-dasharray=\"6 4\"");
    canvas.line(place(0.0, 0.0), place(1.0, 1.0), &style);
    canvas.line((area.right() - 156.0, 46.0), (area.right() - 128.0, 46.0), &style);
    canvas.text(area.right(), 50.0, "perfectly calibrated", Type::size(12.0).end().color(FAINT));
    for bin in plot.bins.iter().filter(|it| 0 < it.n) {
        if let Some((low, high)) = bin.interval {
            let style = format!("stroke=\"{INK}\" stroke-width=\"1.4\"");
            canvas.line(place(bin.confidence, low), place(bin.confidence, high), &style);
            for end in [low, high] {
                let (x, y) = place(bin.confidence, end);
                canvas.line((x - 3.5, y), (x + 3.5, y), &style);
            }
        }
        canvas.mark(place(bin.confidence, bin.accuracy), 0);
    }
    canvas.edges(area);
    counts(&mut canvas, &plot.bins, area);
    canvas.finish()
}

/// A strip of bars under the diagram: how many items have which confidence.
fn counts(canvas: &mut Canvas, bins: &[Bin], above: Area) {
    let area = Area { top: above.bottom() + 22.0, height: 100.0, ..above };
    let most = bins.iter().map(|it| it.n).max().unwrap_or(0).max(1);
    let confidence = Axis::linear(0.0, 1.0, percent);
    let items = Axis::linear(0.0, (most as f64).max(2.0), number);
    let items = items.every(3);
    canvas.y_axis(area, &items, "items");
    canvas.x_axis(area, &confidence, "confidence of the prediction");
    for bin in bins {
        let left = area.left + confidence.position(bin.range.0) * area.width;
        let right = area.left + confidence.position(bin.range.1) * area.width;
        let height = items.position(bin.n as f64) * area.height;
        let bar = Area {
            left: left + 1.0,
            top: area.bottom() - height,
            width: (right - left - 2.0).max(1.0),
            height,
        };
        canvas.rect(bar, &format!("fill=\"{}\"", SERIES[0]));
    }
    canvas.edges(area);
}
