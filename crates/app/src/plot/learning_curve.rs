//! Learning curves: quality by number of answers, with bands.

use super::canvas::{
    Area, Axis, Canvas, DASHES, FAINT, SERIES, Type, number, percent, shortened, text_width,
};

/// What a learning curve shows.
#[derive(Clone, Debug)]
pub(crate) struct LearningCurve {
    /// `Banking77, 10 seeds`.
    pub(crate) title: String,
    /// What is measured, a share: `accuracy on the pool`.
    pub(crate) measure: String,
    /// What the bands are: `mean and 95 % interval`.
    pub(crate) band: String,
    /// One curve a strategy, ours first.
    pub(crate) curves: Vec<Curve>,
}

/// One strategy's curve.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    /// Name of the strategy.
    pub(crate) name: String,
    /// By increasing number of answers.
    pub(crate) points: Vec<CurvePoint>,
}

/// One point with its band.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CurvePoint {
    /// Human answers so far.
    pub(crate) n_answers: u64,
    /// The measure, in `[0, 1]`.
    pub(crate) value: f64,
    /// Both ends of the band, in `[0, 1]`; not finite where there is none.
    pub(crate) band: (f64, f64),
}

/// From this ratio of the most to the fewest answers on, the axis is logarithmic.
const LOG_RATIO: f64 = 20.0;

/// The curves as SVG. Points that are not finite are left out.
pub(crate) fn learning_curve(plot: &LearningCurve) -> String {
    let names = plot.curves.iter().map(|it| text_width(&it.name, 13.0));
    let legend_width = names.fold(0.0, f64::max).clamp(60.0, 220.0) + 50.0;
    let (width, height) = (620.0 + legend_width, 440.0);
    let area = Area { left: 84.0, top: 64.0, width: 500.0, height: 312.0 };
    let mut canvas = Canvas::new(width, height, &plot.title);
    canvas.text(20.0, 50.0, &plot.band, Type::size(12.0).color(FAINT));

    let points = || plot.curves.iter().flat_map(|it| &it.points).filter(|it| it.value.is_finite());
    let least = |values: &mut dyn Iterator<Item = f64>| {
        values.filter(|it| it.is_finite()).fold(f64::INFINITY, f64::min)
    };
    let most = |values: &mut dyn Iterator<Item = f64>| {
        values.filter(|it| it.is_finite()).fold(f64::NEG_INFINITY, f64::max)
    };
    let (mut low, mut high) = (
        least(&mut points().flat_map(|it| [it.value, it.band.0])),
        most(&mut points().flat_map(|it| [it.value, it.band.1])),
    );
    let (mut fewest, mut largest) = (
        least(&mut points().map(|it| it.n_answers as f64)),
        most(&mut points().map(|it| it.n_answers as f64)),
    );
    if high < low {
        (low, high, fewest, largest) = (0.0, 1.0, 0.0, 1.0);
        let (x, y) = (area.left + area.width / 2.0, area.top + area.height / 2.0);
        canvas.text(x, y, "no measurements yet", Type::size(14.0).middle().color(FAINT));
    }
    let high = if high - low < 0.02 { (low + 0.02).min(1.0) } else { high };
    let y_axis = Axis::linear(low.max(0.0), high.min(1.0), percent);
    let x_axis = if 0.0 < fewest && LOG_RATIO <= largest / fewest {
        Axis::logarithmic(fewest, largest, number)
    } else {
        Axis::linear(if fewest * 4.0 < largest { 0.0 } else { fewest }, largest, number)
    };
    canvas.y_axis(area, &y_axis, &plot.measure);
    canvas.x_axis(area, &x_axis, "human answers");
    let place = |n: u64, value: f64| {
        let x = area.left + x_axis.position(n as f64) * area.width;
        (x, area.bottom() - y_axis.position(value) * area.height)
    };
    for (series, curve) in plot.curves.iter().enumerate().rev() {
        draw(&mut canvas, curve, series, &place);
    }
    canvas.edges(area);
    legend(&mut canvas, &plot.curves, area);
    canvas.finish()
}

fn draw(canvas: &mut Canvas, curve: &Curve, series: usize, place: &dyn Fn(u64, f64) -> (f64, f64)) {
    let points: Vec<CurvePoint> =
        curve.points.iter().copied().filter(|it| it.value.is_finite()).collect();
    let color = SERIES[series % SERIES.len()];
    let with_band = || points.iter().filter(|it| it.band.0.is_finite() && it.band.1.is_finite());
    let upper = with_band().map(|it| place(it.n_answers, it.band.1));
    let lower = with_band().rev().map(|it| place(it.n_answers, it.band.0));
    let band: Vec<_> = upper.chain(lower).collect();
    if 2 < band.len() {
        canvas.path(&band, true, &format!("fill=\"{color}\" fill-opacity=\"0.16\""));
    }
    let line: Vec<_> = points.iter().map(|it| place(it.n_answers, it.value)).collect();
    canvas.path(&line, false, &line_style(series));
    for point in line {
        canvas.mark(point, series);
    }
}

fn line_style(series: usize) -> String {
    let color = SERIES[series % SERIES.len()];
    let dash = DASHES[series % DASHES.len()];
    let width = if series == 0 { 2.6 } else { 1.9 };
    format!(
        "fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\" stroke-linejoin=\"round\""
    )
}

/// Names right of the data, one below the other.
fn legend(canvas: &mut Canvas, curves: &[Curve], area: Area) {
    let left = area.right() + 18.0;
    for (series, curve) in curves.iter().enumerate() {
        let y = area.top + 10.0 + 22.0 * series as f64;
        canvas.path(&[(left, y), (left + 28.0, y)], false, &line_style(series));
        canvas.mark((left + 14.0, y), series);
        let name = shortened(&curve.name, 13.0, 220.0);
        canvas.text(left + 36.0, y + 4.5, &name, Type::size(13.0));
    }
}
