//! Exact tail probabilities of drawing without replacement, and what follows
//! from them: how many errors an audit may show, and how large it must be.
//! Knows nothing of rows or labels.

use statrs::function::gamma::ln_gamma;

/// `P(X <= at_most)`, where `X` counts the marked among `draws` drawn without
/// replacement from `population` of which `marked` are marked.
///
/// Whichever tail is smaller is summed from its largest term, in log space by
/// log-gamma, so that a small tail keeps its relative precision: about 1e-9 for
/// a population of a million.
///
/// # Panics
///
/// If more are marked or drawn than there are.
pub fn hypergeometric_cdf(population: u32, marked: u32, draws: u32, at_most: u32) -> f64 {
    assert!(marked <= population && draws <= population, "more than the population holds");
    let highest = marked.min(draws);
    if highest <= at_most {
        return 1.0;
    }
    let lowest = (marked + draws).saturating_sub(population);
    if at_most < lowest {
        return 0.0;
    }
    // Both sums start at their largest term, the one next to the mode: started
    // in the far tail, where terms vanish, a sum would vanish with them.
    let [n, m, k] = [population, marked, draws].map(f64::from);
    let mode = ((k + 1.0) * (m + 1.0) / (n + 2.0)).floor();
    let probability =
        |drawn: f64| (ln_choose(m, drawn) + ln_choose(n - m, k - drawn) - ln_choose(n, k)).exp();
    if f64::from(at_most) < mode {
        let mut drawn = f64::from(at_most);
        let mut term = probability(drawn);
        let mut sum = term;
        while f64::from(lowest) < drawn && sum * 1e-18 < term {
            term *= drawn * (n - m - k + drawn) / ((m - drawn + 1.0) * (k - drawn + 1.0));
            drawn -= 1.0;
            sum += term;
        }
        sum.min(1.0)
    } else {
        let mut drawn = f64::from(at_most) + 1.0;
        let mut term = probability(drawn);
        let mut sum = term;
        while drawn < f64::from(highest) && sum * 1e-18 < term {
            term *= (m - drawn) * (k - drawn) / ((drawn + 1.0) * (n - m - k + drawn + 1.0));
            drawn += 1.0;
            sum += term;
        }
        (1.0 - sum).max(0.0)
    }
}

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// The most audited errors that may lie in a region that is accepted, `c*`:
/// the largest `c` with `P(Hypergeometric(population, first_forbidden + c,
/// draws) <= c) <= alpha`.
///
/// `population` items were open when the score was frozen, `draws` of them were
/// drawn uniformly without replacement, and `first_forbidden` is the first
/// number of wrong final labels that must not happen. `None` if even an audit
/// without any error proves nothing; `draws` if so few items stay unaudited
/// that the number cannot be reached.
///
/// Why it is exact, for one fixed order of the items: let the walk accept items
/// until it has passed `c` audited errors. It leaves `first_forbidden` wrong
/// only if of the first `first_forbidden + c` errors at most `c` were audited,
/// which has the probability above; with fewer errors in all it is rarer still.
/// Thresholds need no correction, because the event does not depend on where
/// the walk stops. The same holds when the order is chosen on the way; see
/// [`Walk`](super::Walk).
///
/// Cost: a bisection over `c`, each step at most `c` terms.
///
/// # Panics
///
/// If more is drawn than there is, `first_forbidden` is 0, or `alpha` is not
/// inside `(0, 1)`.
pub fn largest_allowed_errors(
    population: u32,
    draws: u32,
    first_forbidden: u32,
    alpha: f64,
) -> Option<u32> {
    assert!(draws <= population, "the audit is larger than the population");
    assert!(0 < first_forbidden && 0.0 < alpha && alpha < 1.0, "not a goal");
    if population - draws < first_forbidden {
        return Some(draws);
    }
    let allowed = |c: u32| hypergeometric_cdf(population, first_forbidden + c, draws, c) <= alpha;
    if !allowed(0) {
        return None;
    }
    // At `draws` the probability is 1, and it grows with `c`: one more audited
    // error allowed makes the walk longer.
    let (mut good, mut bad) = (0, draws);
    while good + 1 < bad {
        let middle = good + (bad - good) / 2;
        if allowed(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Some(good)
}

/// The smallest audit that could prove anything: with so many draws, an audit
/// without an error shows that fewer than `first_forbidden` of `population`
/// labels are wrong. At most `population`.
///
/// # Panics
///
/// As [`largest_allowed_errors`].
pub fn smallest_audit(population: u32, first_forbidden: u32, alpha: f64) -> u32 {
    let proves =
        |draws| largest_allowed_errors(population, draws, first_forbidden, alpha).is_some();
    let (mut low, mut high) = (0, population);
    while low < high {
        let middle = low + (high - low) / 2;
        if proves(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The least number of answers, all in agreement with the model, that show at
/// confidence `1 - alpha` that at most a share `max_error` of many labels is
/// wrong: 59 for 5 % at 95 %, 149 for 2 %, 299 for 1 %.
///
/// # Panics
///
/// If an argument is not inside `(0, 1)`.
pub fn flawless_answers(max_error: f64, alpha: f64) -> u32 {
    assert!(0.0 < max_error && max_error < 1.0 && 0.0 < alpha && alpha < 1.0, "not a goal");
    (alpha.ln() / (1.0 - max_error).ln()).ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::{flawless_answers, hypergeometric_cdf, largest_allowed_errors, smallest_audit};

    #[derive(serde::Deserialize)]
    struct Reference {
        cdf: Vec<(u32, u32, u32, u32, f64)>,
        allowed: Vec<(u32, u32, u32, f64, Option<u32>)>,
    }

    fn reference() -> Reference {
        serde_json::from_str(include_str!("../../reference/certify.json")).expect("our own file")
    }

    #[test]
    fn tails_are_those_of_scipy() {
        for (population, marked, draws, at_most, expected) in reference().cdf {
            let ours = hypergeometric_cdf(population, marked, draws, at_most);
            let tolerance = 1e-8 * expected + 1e-300;
            assert!(
                (ours - expected).abs() <= tolerance,
                "{population} {marked} {draws} {at_most}: {ours} instead of {expected}"
            );
        }
    }

    #[test]
    fn allowed_errors_are_those_of_a_search_with_scipy() {
        for (population, draws, first_forbidden, alpha, expected) in reference().allowed {
            let ours = largest_allowed_errors(population, draws, first_forbidden, alpha);
            assert_eq!(ours, expected, "{population} {draws} {first_forbidden} {alpha}");
        }
    }

    #[test]
    fn the_published_example_comes_out() {
        let first_forbidden = 1_923 / 20 + 1;
        assert_eq!(largest_allowed_errors(1_923, 500, first_forbidden, 0.05), Some(23));
        let theory = hypergeometric_cdf(1_923, first_forbidden + 23, 500, 23);
        assert!((theory - 0.0459).abs() < 5e-5, "{theory}");
    }

    #[test]
    fn flawless_audits_are_as_small_as_the_field_says() {
        assert_eq!([0.05, 0.02, 0.01].map(|it| flawless_answers(it, 0.05)), [59, 149, 299]);
        assert_eq!(smallest_audit(10_000_000, 500_001, 0.05), 59);
    }

    #[test]
    fn one_draw_fewer_than_the_smallest_audit_proves_nothing() {
        for (population, first_forbidden) in [(20, 2), (100, 6), (1_923, 97), (9, 9)] {
            let draws = smallest_audit(population, first_forbidden, 0.05);
            let errors = |draws| largest_allowed_errors(population, draws, first_forbidden, 0.05);
            assert!(errors(draws).is_some());
            assert!(draws == 0 || errors(draws - 1).is_none());
        }
    }

    #[test]
    fn a_number_that_cannot_be_reached_forbids_nothing() {
        assert_eq!(largest_allowed_errors(10, 4, 7, 0.05), Some(4));
        assert_eq!(largest_allowed_errors(10, 0, 11, 0.05), Some(0));
        assert_eq!(largest_allowed_errors(10, 0, 3, 0.05), None);
    }
}
