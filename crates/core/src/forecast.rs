//! How many answers are still needed: what an audit would cost on the expected
//! errors, and how the model goes on learning. Forecasts only steer and inform;
//! no certificate depends on them.

use crate::certify::{Goal, largest_allowed_errors};

/// Audits tried, as shares of the population.
const SHARES: [f64; 14] =
    [0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.33, 0.5];
/// Deviations of the audited errors from their mean, and their weights: a
/// three-point rule for the normal distribution.
const DEVIATIONS: [(f64, f64); 3] =
    [(-1.732_050_8, 1.0 / 6.0), (0.0, 2.0 / 3.0), (1.732_050_8, 1.0 / 6.0)];
const N_BOOTSTRAP: usize = 200;

/// An audit that has not been drawn, and what it is expected to lead to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuditPlan {
    /// Items to draw.
    pub n_draws: u32,
    /// Expected answers from here on: the audit, and what it leaves to people.
    pub n_answers: f64,
}

/// The audit of least expected cost, of those that draw 1.5 to 50 % of the open
/// items; ties to the smaller one.
///
/// `risks` holds for every open item the probability that its label is wrong,
/// in any order; `n_items` are all whose final label counts. `None` if no audit
/// is expected to cost less than answering every open item.
///
/// Cost: sorting, then one pass per share.
pub fn cheapest_audit(risks: &[f64], n_items: u32, goal: Goal) -> Option<AuditPlan> {
    let mut risks = risks.to_vec();
    risks.sort_by(f64::total_cmp);
    let mut errors = 0.0;
    let cumulative: Vec<f64> = risks
        .iter()
        .map(|it| {
            errors += it;
            errors
        })
        .collect();
    let population = u32::try_from(risks.len()).expect("pools fit in u32");
    let plans = SHARES.iter().filter_map(|share| {
        let n_draws = (share * f64::from(population)).ceil() as u32;
        let n_answers = expected_answers(&cumulative, n_items, goal, n_draws)?;
        Some(AuditPlan { n_draws, n_answers })
    });
    plans
        .filter(|it| it.n_answers < f64::from(population))
        .reduce(|best, it| if it.n_answers < best.n_answers { it } else { best })
}

/// Expected answers for an audit of `n_draws`: the region ends where the errors
/// drawn in it reach what is allowed, averaged over the luck of the draw.
fn expected_answers(cumulative: &[f64], n_items: u32, goal: Goal, n_draws: u32) -> Option<f64> {
    let population = u32::try_from(cumulative.len()).expect("pools fit in u32");
    let first_forbidden = goal.first_forbidden(n_items);
    let allowed = largest_allowed_errors(population, n_draws, first_forbidden, goal.alpha())?;
    let share = f64::from(n_draws) / f64::from(population);
    let mean = f64::from(allowed) + 0.5;
    let answers = DEVIATIONS.iter().map(|(deviation, weight)| {
        let drawn = (mean + deviation * mean.sqrt()).max(0.0);
        let region = cumulative.partition_point(|it| share * it <= drawn);
        weight * (1.0 - share) * (cumulative.len() - region) as f64
    });
    Some(f64::from(n_draws) + answers.sum::<f64>())
}

/// How the error falls with the number of answers: `scale n^-exponent + floor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// Error at one answer, above the floor.
    pub scale: f64,
    /// How fast it falls, positive.
    pub exponent: f64,
    /// Error that no number of answers removes.
    pub floor: f64,
}

/// One measurement of the error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Answers the model had learned from, at least 1.
    pub n_answers: u32,
    /// Error measured, in `[0, 1]`.
    pub error: f64,
}

impl PowerLaw {
    /// Expected error after `n_answers`.
    pub fn error(&self, n_answers: f64) -> f64 {
        (self.scale * n_answers.max(1.0).powf(-self.exponent) + self.floor).min(1.0)
    }

    /// Least squares with non-negative scale and floor, by a grid over the
    /// exponent (.05 to 2); `None` below two points. `weights` has one entry
    /// per point.
    ///
    /// Hestness et al. (2017), *Deep Learning Scaling is Predictable,
    /// Empirically*, arXiv 1712.00409, for the form.
    ///
    /// # Panics
    ///
    /// If there is not one weight per point.
    pub fn fit(points: &[CurvePoint], weights: &[f64]) -> Option<PowerLaw> {
        assert!(points.len() == weights.len(), "one weight per point");
        if points.len() < 2 {
            return None;
        }
        let exponents = (1..=40).map(|it| f64::from(it) * 0.05);
        let fits = exponents.map(|exponent| scale_and_floor(points, weights, exponent));
        fits.reduce(|best, it| if it.1 < best.1 { it } else { best }).map(|it| it.0)
    }
}

/// The best law of that exponent and its weighted squared error.
fn scale_and_floor(points: &[CurvePoint], weights: &[f64], exponent: f64) -> (PowerLaw, f64) {
    let powers: Vec<f64> =
        points.iter().map(|it| f64::from(it.n_answers).max(1.0).powf(-exponent)).collect();
    let sum = |term: &dyn Fn(usize) -> f64| -> f64 {
        (0..points.len()).map(|it| weights[it] * term(it)).sum()
    };
    let (w, x, xx) = (sum(&|_| 1.0), sum(&|i| powers[i]), sum(&|i| powers[i] * powers[i]));
    let (y, xy) = (sum(&|i| points[i].error), sum(&|i| powers[i] * points[i].error));
    let slope = (w * xy - x * y) / (w * xx - x * x).max(1e-300);
    let candidates = [(slope, (y - slope * x) / w), (xy / xx.max(1e-300), 0.0), (0.0, y / w)];
    candidates
        .into_iter()
        .filter(|it| 0.0 <= it.0 && 0.0 <= it.1)
        .map(|(scale, floor)| {
            let law = PowerLaw { scale, exponent, floor };
            let miss = |i: usize| scale * powers[i] + floor - points[i].error;
            (law, sum(&|i| miss(i).powi(2)))
        })
        .reduce(|best, it| if it.1 < best.1 { it } else { best })
        .expect("the mean error is never negative")
}

/// A number not yet known: its median and a 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// 5 % quantile.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// 95 % quantile.
    pub high: f64,
}

/// What it takes to finish, in answers from the beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Answers to train on when the audit is drawn.
    pub training: Expected,
    /// Audited items and items left to people.
    pub audit_and_rest: Expected,
    /// All answers.
    pub total: Expected,
}

/// What is known when a forecast is made.
#[derive(Clone, Copy, Debug)]
pub struct ForecastConfig<'a> {
    /// What is to be shown.
    pub goal: Goal,
    /// All items whose final label counts.
    pub n_items: u32,
    /// Items answered so far.
    pub n_answered: u32,
    /// The learning curve so far, by out-of-fold prediction or random answers.
    pub curve: &'a [CurvePoint],
    /// Probability that the label is wrong, for every open item.
    pub risks: &'a [f64],
}

/// Answers in all if training stops at the best moment, with an interval by the
/// Bayesian bootstrap (Rubin 1981, *The Bayesian Bootstrap*, Annals of
/// Statistics) over the points of the learning curve.
///
/// For each further number of training answers, the most doubtful items are
/// taken away, the risks of the others scaled as the power law predicts, and
/// the cheapest audit priced. `None` below three points. Cost: 200 curves times
/// a dozen numbers of answers times a sort of the open items.
pub fn forecast(config: &ForecastConfig<'_>, rng_seed: u64) -> Option<Forecast> {
    if config.curve.len() < 3 {
        return None;
    }
    let mut rng = fastrand::Rng::with_seed(rng_seed);
    let mut risks = thinned(config.risks);
    risks.sort_by(|a, b| b.total_cmp(a));
    let mut outcomes: Vec<(f64, f64)> = (0..N_BOOTSTRAP)
        .filter_map(|_| {
            let weights: Vec<f64> = config.curve.iter().map(|_| -(1.0 - rng.f64()).ln()).collect();
            let law = PowerLaw::fit(config.curve, &weights)?;
            Some(cheapest_end(config, &risks, &law))
        })
        .collect();
    let of = |outcomes: &mut Vec<(f64, f64)>, number: fn(&(f64, f64)) -> f64| {
        let mut numbers: Vec<f64> = outcomes.iter().map(number).collect();
        numbers.sort_by(f64::total_cmp);
        let at = |share: f64| numbers[(share * (numbers.len() - 1) as f64).round() as usize];
        Expected { low: at(0.05), median: at(0.5), high: at(0.95) }
    };
    Some(Forecast {
        training: of(&mut outcomes, |it| it.0),
        audit_and_rest: of(&mut outcomes, |it| it.1),
        total: of(&mut outcomes, |it| it.0 + it.1),
    })
}

/// At most 2,000 of the risks, evenly spaced in their order.
fn thinned(risks: &[f64]) -> Vec<f64> {
    let mut sorted = risks.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len().min(2_000);
    (0..n).map(|it| sorted[(2 * it + 1) * sorted.len() / (2 * n)]).collect()
}

/// Training answers, and audit and rest, at the end of least total.
/// `doubtful_first` stands for the open items.
fn cheapest_end(config: &ForecastConfig<'_>, doubtful_first: &[f64], law: &PowerLaw) -> (f64, f64) {
    let n_open = config.risks.len() as f64;
    let now = f64::from(config.n_answered);
    let weight = n_open / doubtful_first.len().max(1) as f64;
    let scaled_items = (f64::from(config.n_items) / weight).round() as u32;
    let ends = (0..12).map(|step| {
        let asked = n_open * 0.5 * (f64::from(step) / 11.0).powi(2);
        let asked_of = (asked / weight).round() as usize;
        let scale = law.error(now + asked) / law.error(now).max(1e-9);
        let rest: Vec<f64> = doubtful_first[asked_of.min(doubtful_first.len())..]
            .iter()
            .map(|it| it * scale)
            .collect();
        let plan = audit_on_thinned(&rest, scaled_items, config.goal, weight);
        (now + asked, plan.unwrap_or(n_open - asked))
    });
    ends.reduce(|best, it| if it.0 + it.1 < best.0 + best.1 { it } else { best })
        .expect("a dozen ends")
}

/// [`cheapest_audit`] where every risk stands for `weight` items.
fn audit_on_thinned(risks: &[f64], n_items: u32, goal: Goal, weight: f64) -> Option<f64> {
    if weight <= 1.0 {
        return cheapest_audit(risks, n_items, goal).map(|it| it.n_answers);
    }
    let all: Vec<f64> =
        risks.iter().flat_map(|it| std::iter::repeat_n(*it, weight.round() as usize)).collect();
    let n_items = (f64::from(n_items) * weight.round()) as u32;
    cheapest_audit(&all, n_items, goal).map(|it| it.n_answers * weight / weight.round())
}

#[cfg(test)]
mod tests {
    use super::{CurvePoint, ForecastConfig, PowerLaw, cheapest_audit, forecast};
    use crate::certify::Goal;

    fn goal() -> Goal {
        Goal::new(0.05, 0.95).expect("shares")
    }

    #[test]
    fn a_power_law_is_found_again() {
        let law = PowerLaw { scale: 0.9, exponent: 0.4, floor: 0.06 };
        let points: Vec<CurvePoint> = [10_u32, 20, 50, 100, 300, 900]
            .map(|n_answers| CurvePoint { n_answers, error: law.error(f64::from(n_answers)) })
            .to_vec();
        let fitted = PowerLaw::fit(&points, &[1.0; 6]).expect("six points");
        assert!((fitted.scale - 0.9).abs() < 1e-9 && (fitted.floor - 0.06).abs() < 1e-9);
        assert!((fitted.exponent - 0.4).abs() < 1e-9);
        assert_eq!(PowerLaw::fit(&points[..1], &[1.0]), None);
    }

    #[test]
    fn the_cheapest_audit_grows_dearer_with_the_risk_and_gives_up_in_the_end() {
        let risks = |scale: f64| -> Vec<f64> {
            (0..8_000).map(|it| (scale * (f64::from(it) / 8_000.0).powi(3)).min(1.0)).collect()
        };
        let cost = |scale| cheapest_audit(&risks(scale), 8_400, goal()).map(|it| it.n_answers);
        let costs: Vec<f64> = [0.1, 0.3, 0.6].iter().filter_map(|it| cost(*it)).collect();
        assert!(costs.len() == 3 && costs[0] < costs[1] && costs[1] < costs[2], "{costs:?}");
        assert_eq!(cheapest_audit(&vec![0.5; 60], 60, goal()), None);
    }

    #[test]
    fn the_expected_cost_is_what_audits_cost() {
        use crate::{
            certify::{Walk, freeze},
            pool::Row,
        };
        let risks: Vec<f64> =
            (0..6_000).map(|it| 0.5 * (f64::from(it) / 6_000.0).powi(3)).collect();
        let plan = cheapest_audit(&risks, 6_200, goal()).expect("worth it");
        let scores: Vec<(Row, f32)> =
            (0..6_000).map(|it| (Row(it), risks[it as usize] as f32)).collect();
        let n_runs = 200;
        let mut total = 0.0;
        for seed in 0..n_runs {
            let frozen = freeze(&scores, seed);
            let mut rng = fastrand::Rng::with_seed(seed);
            let wrong: Vec<bool> = risks.iter().map(|it| rng.f64() < *it).collect();
            let audit: Vec<(Row, bool)> = frozen
                .draw_audit(plan.n_draws, seed)
                .into_iter()
                .map(|row| (row, wrong[row.index()]))
                .collect();
            let mut walk = Walk::new(frozen.order(), &audit, goal().first_forbidden(6_200), 0.05);
            walk.exclude_along(frozen.order());
            total += f64::from(plan.n_draws) + walk.unaudited().1.len() as f64;
        }
        let mean = total / n_runs as f64;
        assert!((mean / plan.n_answers - 1.0).abs() < 0.1, "{mean} instead of {}", plan.n_answers);
    }

    #[test]
    fn forecasts_bracket_their_median_and_need_three_points() {
        let risks: Vec<f64> =
            (0..5_000).map(|it| 0.6 * (f64::from(it) / 5_000.0).powi(2)).collect();
        let curve: Vec<CurvePoint> = [(40, 0.41), (80, 0.35), (160, 0.27), (300, 0.24)]
            .map(|(n_answers, error)| CurvePoint { n_answers, error })
            .to_vec();
        let config = ForecastConfig {
            goal: goal(),
            n_items: 5_300,
            n_answered: 300,
            curve: &curve,
            risks: &risks,
        };
        let expected = forecast(&config, 1).expect("four points");
        let total = expected.total;
        assert!(300.0 < total.low && total.low <= total.median && total.median <= total.high);
        assert!(total.high < 5_300.0);
        assert_eq!(forecast(&config, 1), Some(expected));
        assert_eq!(forecast(&ForecastConfig { curve: &curve[..2], ..config }, 1), None);
    }
}
