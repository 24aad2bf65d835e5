//! The other certificate: how many of the auto labels can be wrong, in all or
//! in each class. It says nothing about the items left to people.

use crate::{
    certify::{Frozen, Goal, flawless_answers, hypergeometric_cdf},
    pool::Row,
};

const N_REGIONS: u32 = 50;

/// What an audit has shown about the model's labels in the surest region.
#[derive(Clone, Debug, PartialEq)]
pub struct PrecisionCertificate {
    /// What was to be shown.
    pub goal: Goal,
    /// Items the audit was drawn from.
    pub population: u32,
    /// Audited items of the population.
    pub n_audited: u32,
    /// Audited items in the region, and how many of their labels were wrong.
    pub region_audited: u32,
    /// See `region_audited`.
    pub region_errors: u32,
    /// The region, surest first, audited items included; empty if nothing was
    /// shown.
    pub region: Vec<Row>,
}

/// The largest sure region of which the audit shows that at most a share
/// `goal.max_error` of the model's labels is wrong, with `goal.confidence`.
///
/// `frozen` is the population in order of certainty, `audit` the audited rows
/// of it and whether the model's label was wrong; audited rows outside the
/// population are passed over, so that the same audit serves one call per
/// class. The share is that of the model's labels in the region, audited items
/// counted with what the model had said. `n_claims` is how many such statements
/// are to hold at once (the number of classes, or 1): each is shown at
/// `alpha / n_claims`.
///
/// Fifty nested regions are tested in a fixed order by the exact hypergeometric
/// tail, up to the first that fails, starting with one large enough for the
/// audit. From 1,000 audited items on up to six chains start at .1, .25, .4,
/// .55, .7 and .85 of the population and share alpha: a doubtful beginning then
/// costs less. Regions and chains depend on the frozen order and the number of
/// audited items alone, so each chain is a fixed-sequence test (Maurer, Hothorn, Lehmacher 1995, *Multiple comparisons in drug
/// clinical trials and preclinical assays*).
///
/// # Panics
///
/// If `n_claims` is 0 or a row is audited twice.
pub fn certify_precision(
    frozen: &Frozen,
    audit: &[(Row, bool)],
    goal: Goal,
    n_claims: u32,
) -> PrecisionCertificate {
    assert!(0 < n_claims, "nothing to show");
    let order = frozen.order();
    let mut answers: Vec<(Row, bool)> = audit.to_vec();
    answers.sort_unstable();
    assert!(answers.windows(2).all(|pair| pair[0].0 < pair[1].0), "row audited twice");
    // Audited and wrong among the first so many rows.
    let mut seen = vec![(0_u32, 0_u32)];
    for row in order {
        let (mut audited, mut wrong) = *seen.last().expect("starts with none");
        if let Ok(at) = answers.binary_search_by_key(row, |it| it.0) {
            audited += 1;
            wrong += u32::from(answers[at].1);
        }
        seen.push((audited, wrong));
    }
    let n_audited = seen[order.len()].0;
    let alpha = goal.alpha() / f64::from(n_claims);
    let region_len = longest_region(&seen, goal, alpha);
    let (region_audited, region_errors) = seen[region_len];
    PrecisionCertificate {
        goal,
        population: frozen.population(),
        n_audited,
        region_audited,
        region_errors,
        region: order[..region_len].to_vec(),
    }
}

fn longest_region(seen: &[(u32, u32)], goal: Goal, alpha: f64) -> usize {
    let population = u32::try_from(seen.len() - 1).expect("pools fit in u32");
    let starts = chain_starts(seen[population as usize].0, goal, alpha);
    let alpha = alpha / starts.len().max(1) as f64;
    let len = |region: u32| u64::from(population) * u64::from(region) / u64::from(N_REGIONS);
    let is_shown = |region: u32| {
        let len = len(region) as u32;
        let (audited, wrong) = seen[len as usize];
        let first_forbidden = goal.first_forbidden(len);
        len == 0
            || len < first_forbidden
            || hypergeometric_cdf(len, first_forbidden, audited, wrong) <= alpha
    };
    let end_of_chain = |start: f64| {
        let first = (start * f64::from(N_REGIONS)).ceil().max(1.0) as u32;
        (first..=N_REGIONS).take_while(|&region| is_shown(region)).last()
    };
    starts.iter().filter_map(|&it| end_of_chain(it)).max().map_or(0, |it| len(it) as usize)
}

/// Where the chains start, as shares of the population: a region of which the
/// audit can be expected to hold twice the answers that a flawless one needs,
/// so that a few errors do not end a chain at once.
fn chain_starts(n_audited: u32, goal: Goal, alpha: f64) -> Vec<f64> {
    let needed = |alpha| {
        2.0 * f64::from(flawless_answers(goal.max_error(), alpha)) / f64::from(n_audited.max(1))
    };
    if n_audited < 1_000 {
        return vec![needed(alpha).min(1.0)];
    }
    let all = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85];
    let useful: Vec<f64> = all.into_iter().filter(|&it| needed(alpha / 6.0) <= it).collect();
    if useful.is_empty() { vec![1.0] } else { useful }
}

#[cfg(test)]
mod tests {
    use super::certify_precision;
    use crate::{
        certify::{Goal, freeze},
        pool::Row,
    };

    fn violations(n_draws: u32, n_runs: u64) -> (f64, f64) {
        let scores: Vec<(Row, f32)> = (0..4_000).map(|it| (Row(it), it as f32)).collect();
        let frozen = freeze(&scores, 0);
        // The share of errors grows along the order and passes 5 % at half of it.
        let mut rng = fastrand::Rng::with_seed(7);
        let wrong: Vec<bool> =
            (0..4_000).map(|it| rng.f64() < 0.1 * f64::from(it) / 2_000.0).collect();
        let goal = Goal::new(0.05, 0.9).expect("shares");
        let (mut violated, mut coverage) = (0, 0);
        for seed in 0..n_runs {
            let drawn = frozen.draw_audit(n_draws, seed);
            let audit: Vec<(Row, bool)> =
                drawn.into_iter().map(|row| (row, wrong[row.index()])).collect();
            let region = certify_precision(&frozen, &audit, goal, 1).region;
            let n_wrong = region.iter().filter(|row| wrong[row.index()]).count();
            violated += u32::from(0.05 * region.len() as f64 + 1e-9 < n_wrong as f64);
            coverage += region.len();
        }
        (f64::from(violated) / n_runs as f64, coverage as f64 / (4_000 * n_runs) as f64)
    }

    #[test]
    fn the_target_is_broken_in_at_most_alpha_of_the_runs() {
        let tolerance = 3.0 * (0.1_f64 * 0.9 / 1_000.0).sqrt();
        let (share, coverage) = violations(800, 1_000);
        assert!(share <= 0.1 + tolerance && 0.001 < share, "{share}");
        assert!(0.1 < coverage, "{coverage}");
        let (share, coverage) = violations(1_600, 1_000);
        assert!(share <= 0.1 + tolerance && 0.001 < share, "{share}");
        assert!(0.25 < coverage, "{coverage}");
    }

    #[test]
    fn a_small_audit_shows_nothing_and_a_rich_flawless_one_everything() {
        let scores: Vec<(Row, f32)> = (0..1_000).map(|it| (Row(it), it as f32)).collect();
        let frozen = freeze(&scores, 0);
        let goal = Goal::new(0.05, 0.95).expect("shares");
        let flawless = |rows: Vec<Row>| -> Vec<(Row, bool)> {
            rows.into_iter().map(|row| (row, false)).collect()
        };
        let few = certify_precision(&frozen, &flawless(frozen.draw_audit(40, 1)), goal, 1);
        assert_eq!(few.region, []);
        let many = certify_precision(&frozen, &flawless((0..1_000).map(Row).collect()), goal, 1);
        assert_eq!(many.region.len(), 1_000);
    }
}
