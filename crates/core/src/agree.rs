//! Agreement between annotators: kappa, Krippendorff's alpha.
//!
//! Agreement is not correctness: annotators who share a misunderstanding agree.
//! Which annotator to believe is the subject of [`crate::consensus`].

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{
    label::ClassId,
    metric::interval::{Estimate, Measured, share, two_sided_z, wilson},
    pool::Row,
};

/// Who answered: a position in the caller's list of annotators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotatorId(pub u32);

/// One annotator's class for one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The item.
    pub row: Row,
    /// Who answered.
    pub annotator: AnnotatorId,
    /// The answer.
    pub class: ClassId,
}

/// The answers to each item, by ascending row; within an item in the order
/// given.
pub fn by_item(answers: &[Answer]) -> Vec<Vec<ClassId>> {
    let mut items: BTreeMap<Row, Vec<ClassId>> = BTreeMap::new();
    for answer in answers {
        items.entry(answer.row).or_default().push(answer.class);
    }
    items.into_values().collect()
}

/// Raw agreement: the share of pairs of answers that are the same, with its
/// Wilson interval. `pairs` holds two answers to each item.
///
/// # Panics
///
/// If `confidence` is not inside `(0, 1)`.
pub fn raw_agreement(pairs: &[(ClassId, ClassId)], confidence: f64) -> Measured {
    let same = pairs.iter().filter(|(a, b)| a == b).count();
    share(same, pairs.len(), confidence)
}

/// Cohen's kappa: agreement of two annotators beyond chance, in `[-1, 1]`, with
/// its asymptotic interval. `pairs` holds the two answers to each item.
///
/// `None` without items, or if both gave one and the same class throughout:
/// then nothing distinguishes agreement from chance. If they never disagree,
/// the asymptotic interval is a point, so its lower end is taken from the
/// Wilson interval of the agreement.
///
/// Cohen (1960), *A Coefficient of Agreement for Nominal Scales*; the variance
/// is that of Fleiss, Cohen, Everitt (1969), *Large Sample Standard Errors of
/// Kappa and Weighted Kappa*, Psychological Bulletin 72.
///
/// # Panics
///
/// If a class is not below `n_classes` or `confidence` is not inside `(0, 1)`.
pub fn cohen_kappa(
    n_classes: usize,
    pairs: &[(ClassId, ClassId)],
    confidence: f64,
) -> Option<Estimate> {
    let n = pairs.len();
    let (mut first, mut second) = (vec![0.0; n_classes], vec![0.0; n_classes]);
    for (a, b) in pairs {
        first[a.index()] += 1.0 / n as f64;
        second[b.index()] += 1.0 / n as f64;
    }
    let same = pairs.iter().filter(|(a, b)| a == b).count();
    let chance: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
    let one_class = first.iter().zip(&second).any(|(a, b)| 1.0 - 1e-9 < a * b);
    if n == 0 || one_class {
        return None;
    }
    let beyond = 1.0 - chance;
    let kappa = (same as f64 / n as f64 - chance) / beyond;
    let z = two_sided_z(confidence);
    if same == n {
        let low = 1.0 - (1.0 - wilson(n, n, confidence).0) / beyond;
        return Some(Estimate { value: 1.0, low: low.max(-1.0), high: 1.0, n });
    }
    let squares = pairs.iter().map(|(a, b)| {
        let (a, b) = (a.index(), b.index());
        let pull = (1.0 - kappa) * if a == b { first[a] + second[a] } else { second[a] + first[b] };
        (f64::from(u8::from(a == b)) - pull).powi(2)
    });
    let mean = squares.sum::<f64>() / n as f64;
    let variance = (mean - (kappa - chance * (1.0 - kappa)).powi(2)) / (beyond * beyond * n as f64);
    let half = z * variance.max(0.0).sqrt();
    let (low, high) = ((kappa - half).max(-1.0), (kappa + half).min(1.0));
    Some(Estimate { value: kappa, low, high, n })
}

/// Fleiss' kappa: agreement beyond chance of as many answers to every item, by
/// any annotators, at most 1, with a jackknife interval over the items.
///
/// `None` if items have different numbers of answers or fewer than two (use
/// [`alpha_nominal`]), without items, or if only one class was given. If nobody
/// disagrees, the lower end is that of a Wilson interval over the items.
///
/// Fleiss (1971), *Measuring Nominal Scale Agreement Among Many Raters*,
/// Psychological Bulletin 76; jackknife after Efron, Stein (1981), *The
/// Jackknife Estimate of Variance*, Annals of Statistics 9.
///
/// # Panics
///
/// If a class is not below `n_classes` or `confidence` is not inside `(0, 1)`.
pub fn fleiss_kappa(n_classes: usize, items: &[Vec<ClassId>], confidence: f64) -> Option<Estimate> {
    let n_answers = items.first()?.len();
    if n_answers < 2 || items.iter().any(|it| it.len() != n_answers) {
        return None;
    }
    let votes: Vec<Vec<f64>> = items.iter().map(|it| count(n_classes, it)).collect();
    let pairs = (n_answers * (n_answers - 1)) as f64;
    let agreed: Vec<f64> = votes
        .iter()
        .map(|it| it.iter().map(|votes| votes * (votes - 1.0)).sum::<f64>() / pairs)
        .collect();
    let mut totals = vec![0.0; n_classes];
    for votes in &votes {
        totals.iter_mut().zip(votes).for_each(|(total, votes)| *total += votes);
    }
    let kappa = |n_items: usize, agreed: f64, votes: &mut dyn Iterator<Item = f64>| {
        let n_votes = (n_items * n_answers) as f64;
        let chance: f64 = votes.map(|it| (it / n_votes).powi(2)).sum();
        let disagreement = 1.0 - agreed / n_items as f64;
        ratio(disagreement, 1.0 - chance)
    };
    let n = items.len();
    let all: f64 = agreed.iter().sum();
    let value = 1.0 - kappa(n, all, &mut totals.iter().copied())?;
    let without: Vec<f64> = (0..n)
        .filter(|_| 1 < n)
        .map(|item| {
            let mut rest = totals.iter().zip(&votes[item]).map(|(total, votes)| total - votes);
            1.0 - kappa(n - 1, all - agreed[item], &mut rest).unwrap_or(0.0)
        })
        .collect();
    Some(jackknife(value, &without, n, confidence))
}

/// Krippendorff's alpha for classes: agreement beyond chance of any number of
/// answers per item, at most 1, with a jackknife interval over the items.
///
/// Items with fewer than two answers say nothing about agreement and are left
/// out; `n` is the number of the others. `None` if there are none or only one
/// class was given. If nobody disagrees, the lower end is that of a Wilson
/// interval over the items.
///
/// Real coverage of the nominal 95 % is stated and tested below.
///
/// Krippendorff (2011), *Computing Krippendorff's Alpha-Reliability*,
/// University of Pennsylvania; the jackknife in place of his bootstrap, which
/// resamples pairs as if they were independent.
///
/// # Panics
///
/// If a class is not below `n_classes` or `confidence` is not inside `(0, 1)`.
pub fn alpha_nominal(
    n_classes: usize,
    items: &[Vec<ClassId>],
    confidence: f64,
) -> Option<Estimate> {
    let votes: Vec<Vec<f64>> =
        items.iter().filter(|it| 2 <= it.len()).map(|it| count(n_classes, it)).collect();
    let mut totals = vec![0.0; n_classes];
    for votes in &votes {
        totals.iter_mut().zip(votes).for_each(|(total, votes)| *total += votes);
    }
    let n_values: f64 = totals.iter().sum();
    let items = votes.iter().map(|votes| {
        let n_values_here: f64 = votes.iter().sum();
        let same = |totals: &[f64]| votes.iter().zip(totals).map(|(a, b)| a * b).sum::<f64>();
        Distances {
            n_values: n_values_here,
            within: n_values_here * n_values_here - same(votes),
            to_all: n_values_here * n_values - same(&totals),
        }
    });
    alpha_of(&items.collect::<Vec<_>>(), confidence)
}

/// Krippendorff's alpha for numbers, with the squared difference as distance;
/// otherwise as [`alpha_nominal`].
///
/// # Panics
///
/// If `confidence` is not inside `(0, 1)`.
pub fn alpha_interval(items: &[Vec<f64>], confidence: f64) -> Option<Estimate> {
    let items: Vec<&Vec<f64>> = items.iter().filter(|it| 2 <= it.len()).collect();
    let n_values = items.iter().map(|it| it.len()).sum::<usize>() as f64;
    // Around the mean, so that large numbers do not cancel each other badly.
    let mean = items.iter().flat_map(|it| it.iter()).sum::<f64>() / n_values;
    let moments = |item: &[f64]| -> (f64, f64) {
        let centred = || item.iter().map(|it| it - mean);
        (centred().sum(), centred().map(|it| it * it).sum())
    };
    let all: Vec<(f64, f64)> = items.iter().map(|it| moments(it)).collect();
    let (sum, squares) = all.iter().fold((0.0, 0.0), |total, it| (total.0 + it.0, total.1 + it.1));
    let distances = items.iter().zip(&all).map(|(item, here)| {
        let len = item.len() as f64;
        Distances {
            n_values: len,
            within: 2.0 * (len * here.1 - here.0 * here.0),
            to_all: len * squares + n_values * here.1 - 2.0 * here.0 * sum,
        }
    });
    alpha_of(&distances.collect::<Vec<_>>(), confidence)
}

/// Krippendorff's alpha for values of any kind between which there is a
/// `distance`: symmetric, 0 between equals, never negative. For spans and boxes
/// `1 - IoU`. Otherwise as [`alpha_nominal`].
///
/// Cost: one distance for every pair of values, those of other items included.
///
/// # Panics
///
/// If `confidence` is not inside `(0, 1)`.
pub fn alpha<T>(
    items: &[Vec<T>],
    distance: impl Fn(&T, &T) -> f64,
    confidence: f64,
) -> Option<Estimate> {
    let items: Vec<&Vec<T>> = items.iter().filter(|it| 2 <= it.len()).collect();
    let between =
        |a: &[T], b: &[T]| -> f64 { a.iter().flat_map(|x| b.iter().map(|y| distance(x, y))).sum() };
    let distances = items.iter().map(|item| Distances {
        n_values: item.len() as f64,
        within: between(item, item),
        to_all: items.iter().map(|other| between(item, other)).sum(),
    });
    alpha_of(&distances.collect::<Vec<_>>(), confidence)
}

/// What alpha needs to know of one item, as sums of distances over ordered
/// pairs: inside the item, and from the item's values to all values.
struct Distances {
    n_values: f64,
    within: f64,
    to_all: f64,
}

fn alpha_of(items: &[Distances], confidence: f64) -> Option<Estimate> {
    let n_values: f64 = items.iter().map(|it| it.n_values).sum();
    let observed: f64 = items.iter().map(|it| it.within / (it.n_values - 1.0)).sum();
    let expected: f64 = items.iter().map(|it| it.to_all).sum();
    let disagreement =
        |observed: f64, expected: f64, n: f64| ratio(observed / n, expected / (n * (n - 1.0)));
    let value = 1.0 - disagreement(observed, expected, n_values)?;
    let without: Vec<f64> = items
        .iter()
        .filter(|_| 1 < items.len())
        .map(|it| {
            let observed = observed - it.within / (it.n_values - 1.0);
            let expected = expected - 2.0 * it.to_all + it.within;
            1.0 - disagreement(observed, expected, n_values - it.n_values).unwrap_or(0.0)
        })
        .collect();
    Some(jackknife(value, &without, items.len(), confidence))
}

/// `observed / expected`, or `None` if no disagreement is expected.
fn ratio(observed: f64, expected: f64) -> Option<f64> {
    (1e-12 < expected).then(|| observed / expected)
}

/// `value` with a t-interval from the values `without` each item. If it is 1
/// throughout, its lower end is what a Wilson interval leaves open, with an
/// unseen disagreement taken to be as bad as chance.
fn jackknife(value: f64, without: &[f64], n: usize, confidence: f64) -> Estimate {
    if 1.0 - 1e-12 < value {
        return Estimate { value: 1.0, low: wilson(n, n, confidence).0, high: 1.0, n };
    }
    if without.len() < 2 {
        return Estimate { value, low: -1.0, high: 1.0, n };
    }
    let degrees = (n - 1) as f64;
    let mean = without.iter().sum::<f64>() / n as f64;
    let spread: f64 = without.iter().map(|it| (it - mean).powi(2)).sum();
    let error = (degrees / n as f64 * spread).sqrt();
    let t = StudentsT::new(0.0, 1.0, degrees).expect("at least one degree of freedom");
    let half = error * t.inverse_cdf(f64::midpoint(confidence, 1.0));
    Estimate { value, low: (value - half).max(-1.0), high: (value + half).min(1.0), n }
}

fn count(n_classes: usize, answers: &[ClassId]) -> Vec<f64> {
    let mut votes = vec![0.0; n_classes];
    for class in answers {
        votes[class.index()] += 1.0;
    }
    votes
}

#[cfg(test)]
mod tests {
    use super::{
        alpha, alpha_interval, alpha_nominal, by_item, cohen_kappa, fleiss_kappa, raw_agreement,
    };
    use crate::{
        agree::{AnnotatorId, Answer},
        label::ClassId,
        metric::interval::Estimate,
        pool::Row,
    };

    #[derive(serde::Deserialize)]
    struct Kappa {
        n_classes: usize,
        x: Vec<u16>,
        y: Vec<u16>,
        value: f64,
        low: f64,
        high: f64,
    }

    #[derive(serde::Deserialize)]
    struct Fleiss {
        n_classes: usize,
        items: Vec<Vec<u16>>,
        value: f64,
        low: f64,
        high: f64,
    }

    #[derive(serde::Deserialize)]
    struct Alpha {
        n_classes: usize,
        items: Vec<Vec<u16>>,
        nominal: f64,
        interval: f64,
        nominal_low: f64,
        nominal_high: f64,
        interval_low: f64,
        interval_high: f64,
    }

    #[derive(serde::Deserialize)]
    struct Reference {
        kappa: Vec<Kappa>,
        fleiss: Vec<Fleiss>,
        alpha: Vec<Alpha>,
    }

    fn reference() -> Reference {
        let json = include_str!("../reference/agree.json");
        serde_json::from_str(json).expect("written by agree.py")
    }

    fn classes(items: &[Vec<u16>]) -> Vec<Vec<ClassId>> {
        items.iter().map(|it| it.iter().map(|it| ClassId(*it)).collect()).collect()
    }

    fn pairs(x: &[u16], y: &[u16]) -> Vec<(ClassId, ClassId)> {
        x.iter().zip(y).map(|(&x, &y)| (ClassId(x), ClassId(y))).collect()
    }

    fn close(got: Option<Estimate>, value: f64, low: f64, high: f64) {
        let got = got.expect("defined");
        for (got, expected) in [(got.value, value), (got.low, low), (got.high, high)] {
            assert!((got - expected).abs() < 1e-9, "{got} is not {expected}");
        }
    }

    #[test]
    fn kappa_matches_statsmodels() {
        for case in reference().kappa {
            let got = cohen_kappa(case.n_classes, &pairs(&case.x, &case.y), 0.95);
            close(got, case.value, case.low, case.high);
        }
        for case in reference().fleiss {
            let got = fleiss_kappa(case.n_classes, &classes(&case.items), 0.95);
            close(got, case.value, case.low, case.high);
        }
    }

    #[test]
    fn alpha_matches_krippendorff() {
        for case in reference().alpha {
            let items = classes(&case.items);
            let numbers: Vec<Vec<f64>> =
                case.items.iter().map(|it| it.iter().map(|it| f64::from(*it)).collect()).collect();
            let nominal = (case.nominal, case.nominal_low, case.nominal_high);
            let interval = (case.interval, case.interval_low, case.interval_high);
            let same = |a: &ClassId, b: &ClassId| f64::from(u8::from(a != b));
            let squared = |a: &f64, b: &f64| (a - b) * (a - b);
            for (got, expected) in [
                (alpha_nominal(case.n_classes, &items, 0.95), nominal),
                (alpha(&items, same, 0.95), nominal),
                (alpha_interval(&numbers, 0.95), interval),
                (alpha(&numbers, squared, 0.95), interval),
            ] {
                close(got, expected.0, expected.1, expected.2);
            }
        }
    }

    #[test]
    fn undefined_agreement_is_none() {
        let one_class = vec![vec![ClassId(1); 3]; 9];
        assert_eq!(alpha_nominal(2, &one_class, 0.95), None);
        assert_eq!(fleiss_kappa(2, &one_class, 0.95), None);
        assert_eq!(alpha_nominal(2, &[vec![ClassId(0)], vec![ClassId(1)]], 0.95), None);
        assert_eq!(alpha_interval(&[], 0.95), None);
        assert_eq!(cohen_kappa(2, &pairs(&[1, 1], &[1, 1]), 0.95), None);
        assert_eq!(cohen_kappa(2, &[], 0.95), None);
        let uneven = [vec![ClassId(0); 2], vec![ClassId(1); 3]];
        assert_eq!(fleiss_kappa(2, &uneven, 0.95), None);
    }

    #[test]
    fn perfect_agreement_on_few_items_stays_open_below() {
        let items: Vec<Vec<ClassId>> = (0..10).map(|it| vec![ClassId(it % 2); 2]).collect();
        for got in [fleiss_kappa(2, &items, 0.95), alpha_nominal(2, &items, 0.95)] {
            let got = got.expect("two classes");
            assert_eq!((got.value, got.high), (1.0, 1.0));
            assert!(0.5 < got.low && got.low < 0.75, "{got:?}");
        }
        let pairs: Vec<_> = items.iter().map(|it| (it[0], it[1])).collect();
        let kappa = cohen_kappa(2, &pairs, 0.95).expect("two classes");
        assert_eq!((kappa.value, kappa.n), (1.0, 10));
        assert!(kappa.low < 0.5, "{kappa:?}");
        assert!(raw_agreement(&pairs, 0.95).estimate().is_none());
    }

    #[test]
    fn answers_are_grouped_by_row() {
        let answer = |row, annotator, class| Answer {
            row: Row(row),
            annotator: AnnotatorId(annotator),
            class: ClassId(class),
        };
        let answers = [answer(7, 0, 1), answer(2, 1, 0), answer(7, 1, 2)];
        assert_eq!(by_item(&answers), [vec![ClassId(0)], vec![ClassId(1), ClassId(2)]]);
    }

    /// `n` items whose class is drawn from `prior`, answered `n_answers` times,
    /// each right with `accuracy` and otherwise any class.
    fn draw(
        rng: &mut fastrand::Rng,
        prior: &[f64],
        accuracy: f64,
        n_answers: usize,
        n: usize,
    ) -> Vec<Vec<ClassId>> {
        let any = u16::try_from(prior.len()).expect("few classes");
        (0..n)
            .map(|_| {
                let mut u = rng.f64();
                let class = prior.iter().position(|p| {
                    u -= p;
                    u < 0.0
                });
                let truth = ClassId(u16::try_from(class.unwrap_or(0)).expect("few classes"));
                let answer = |rng: &mut fastrand::Rng| {
                    if rng.f64() < accuracy { truth } else { ClassId(rng.u16(0..any)) }
                };
                (0..n_answers).map(|_| answer(rng)).collect()
            })
            .collect()
    }

    #[test]
    fn intervals_cover_as_promised() {
        let settings: [(&[f64], f64, usize, usize); 5] = [
            (&[0.5, 0.5], 0.8, 2, 100),
            (&[0.9, 0.1], 0.9, 2, 200),
            (&[0.5, 0.3, 0.2], 0.7, 3, 60),
            (&[0.6, 0.2, 0.1, 0.1], 0.9, 3, 100),
            (&[0.2; 5], 0.4, 5, 40),
        ];
        for (prior, accuracy, n_answers, n) in settings {
            let mut rng = fastrand::Rng::with_seed(8);
            let c = prior.len();
            let many = draw(&mut rng, prior, accuracy, n_answers, 200_000);
            let truth = alpha_nominal(c, &many, 0.95).expect("defined").value;
            let draws = 1_000;
            let mut covered = [0; 3];
            for _ in 0..draws {
                let items = draw(&mut rng, prior, accuracy, n_answers, n);
                let pairs: Vec<_> = items.iter().map(|it| (it[0], it[1])).collect();
                let estimates = [
                    alpha_nominal(c, &items, 0.95),
                    fleiss_kappa(c, &items, 0.95),
                    cohen_kappa(c, &pairs, 0.95),
                ];
                for (covered, it) in covered.iter_mut().zip(estimates) {
                    let it = it.expect("defined");
                    *covered += u32::from(it.low <= truth && truth <= it.high);
                }
            }
            // 1,000 draws leave a standard error of .007.
            for covered in covered {
                let coverage = f64::from(covered) / f64::from(draws);
                assert!((0.925..=0.98).contains(&coverage), "{coverage} {prior:?} {n}");
            }
        }
    }
}
