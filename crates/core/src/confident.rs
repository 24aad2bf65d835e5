//! Confident learning: labels that deserve a doubt.
//!
//! Looks at labels that people (or a file) gave and at out-of-fold
//! probabilities, by models that had not seen the label in question, and says
//! how many labels of each class are probably another class, and which. A
//! suspect is an invitation to look again; nothing is changed here.

use std::collections::BTreeSet;

use crate::{label::ClassId, matrix::Probabilities, pool::Row};

/// Probabilities closer than this are taken to be equal, as in cleanlab.
const CLOSE: f64 = 1e-6;

/// How many labels of each class are really of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfidentJoint {
    // Invariant: `counts.len()` is the square of `n_classes`; each row sums to
    // the number of labels of that class.
    n_classes: usize,
    counts: Vec<usize>,
}

impl ConfidentJoint {
    /// Estimated number of items labelled `given` that are `really`.
    pub fn count(&self, given: ClassId, really: ClassId) -> usize {
        self.counts[given.index() * self.n_classes + really.index()]
    }

    /// All counts, by given class (row) and real class (column), shape
    /// `[n_classes, n_classes]`.
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// Share of the labels `given` that are estimated to be wrong, in `[0, 1]`;
    /// `None` if the class was never given.
    pub fn wrong_share(&self, given: ClassId) -> Option<f64> {
        let row = &self.counts[given.index() * self.n_classes..][..self.n_classes];
        let n: usize = row.iter().sum();
        (0 < n).then(|| (n - row[given.index()]) as f64 / n as f64)
    }

    /// Share of the items that are `really` of a class, yet labelled `given`:
    /// the noise rate, in `[0, 1]`; `None` if no item is estimated to be.
    pub fn noise_rate(&self, given: ClassId, really: ClassId) -> Option<f64> {
        let n: usize = self.counts[really.index()..].iter().step_by(self.n_classes).sum();
        (0 < n).then(|| self.count(given, really) as f64 / n as f64)
    }

    /// Estimated number of wrong labels.
    pub fn n_wrong(&self) -> usize {
        let right: usize = self.counts.iter().step_by(self.n_classes + 1).sum();
        self.counts.iter().sum::<usize>() - right
    }
}

/// A label that is doubted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// The item.
    pub row: Row,
    /// Its label.
    pub given: ClassId,
    /// The class that the model holds likeliest, another one.
    pub likelier: ClassId,
    /// How good the label is.
    pub quality: Quality,
}

/// Two scores of a label; both grow with how good it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Probability of the label, in `[0, 1]`.
    pub self_confidence: f32,
    /// Probability of the label minus that of the likeliest other class,
    /// scaled to `[0, 1]`: above one half if the label is the likeliest.
    pub normalised_margin: f32,
}

/// The quality of `label` under one row of probabilities.
pub fn quality(p: &[f32], label: ClassId) -> Quality {
    let others = p.iter().enumerate().filter(|(class, _)| *class != label.index());
    let best_other = others.map(|(_, p)| *p).fold(0.0, f32::max);
    let self_confidence = p[label.index()];
    let normalised_margin = f32::midpoint(self_confidence - best_other, 1.0);
    Quality { self_confidence, normalised_margin }
}

/// The confidence from which on a probability speaks for its class: the mean
/// probability of the class over the items labelled so; `None` if there are
/// none, by class.
///
/// `annotations` holds the item and its label, and `out_of_fold` in the same
/// order one row of probabilities for each: row `i` belongs to annotation `i`.
///
/// # Panics
///
/// If there are not as many rows as annotations.
pub fn thresholds(annotations: &[(Row, ClassId)], out_of_fold: &Probabilities) -> Vec<Option<f64>> {
    let n_classes = out_of_fold.n_classes();
    let (mut sums, mut counts) = (vec![0.0; n_classes], vec![0_usize; n_classes]);
    for (label, p) in rows(annotations, out_of_fold) {
        sums[label.index()] += f64::from(p[label.index()]);
        counts[label.index()] += 1;
    }
    let mean = |(sum, n): (&f64, &usize)| (0 < *n).then(|| (sum / *n as f64).max(2.0 * CLOSE));
    sums.iter().zip(&counts).map(mean).collect()
}

/// Estimates how many labels of each class are really of each.
///
/// Every item is counted for the class whose probability reaches its
/// [`thresholds`], the likeliest if several do and none if none does; each row
/// is then scaled to the number of labels of that class. Inputs as for
/// [`thresholds`].
///
/// Northcutt, Jiang, Chuang (2021), *Confident Learning: Estimating Uncertainty
/// in Dataset Labels*, JAIR 70, section 3.1; roundings as in cleanlab 2.9,
/// which counts at least one label of each class as right.
///
/// # Panics
///
/// If there are not as many rows as annotations.
pub fn confident_joint(
    annotations: &[(Row, ClassId)],
    out_of_fold: &Probabilities,
) -> ConfidentJoint {
    let n_classes = out_of_fold.n_classes();
    let thresholds = thresholds(annotations, out_of_fold);
    let mut confident = vec![0_usize; n_classes * n_classes];
    let mut labels = vec![0_usize; n_classes];
    for (label, p) in rows(annotations, out_of_fold) {
        labels[label.index()] += 1;
        if let Some(really) = confident_class(p, &thresholds) {
            confident[label.index() * n_classes + really] += 1;
        }
    }
    let mut counts = Vec::with_capacity(confident.len());
    for (class, row) in confident.chunks_exact_mut(n_classes).enumerate() {
        row[class] = row[class].max(1);
        let n = row.iter().sum::<usize>() as f64;
        let scaled: Vec<f64> = row.iter().map(|it| *it as f64 / n * labels[class] as f64).collect();
        counts.extend(round_to_total(&scaled, labels[class]));
    }
    ConfidentJoint { n_classes, counts }
}

fn confident_class(p: &[f32], thresholds: &[Option<f64>]) -> Option<usize> {
    let reaches = |(p, threshold): (&f32, &Option<f64>)| {
        threshold.is_some_and(|threshold| threshold - CLOSE <= f64::from(*p))
    };
    let mut confident =
        p.iter().zip(thresholds).enumerate().filter(|it| reaches(it.1)).map(|it| it.0);
    let first = confident.next()?;
    Some(if confident.next().is_some() { likeliest(p) } else { first })
}

/// The suspects by pruning by noise rate, the worst label first: lowest
/// self-confidence, ties to the lower position in `annotations`.
///
/// For every pair of classes, as many labels as [`confident_joint`] estimates
/// to be mistaken for each other are taken, by how much likelier the other
/// class is; labels that are the likeliest class themselves are spared, and so
/// is the last label of a class. Inputs as for [`thresholds`]; cost
/// `rows · (classes + log rows)` and `classes²`.
///
/// Needs probabilities by models that have not seen the label (out-of-fold, 5
/// folds); on those of its own training data hardly a label is suspect.
///
/// Northcutt et al. (2021), as in [`confident_joint`], section 3.2; as cleanlab
/// 2.9's `find_label_issues` does by default.
///
/// # Panics
///
/// If there are not as many rows as annotations.
pub fn find_suspects(annotations: &[(Row, ClassId)], out_of_fold: &Probabilities) -> Vec<Suspect> {
    let n_classes = out_of_fold.n_classes();
    let joint = confident_joint(annotations, out_of_fold);
    let mut by_label = vec![Vec::new(); n_classes];
    for (at, (label, p)) in rows(annotations, out_of_fold).enumerate() {
        by_label[label.index()].push((at, p));
    }
    let mut doubted = BTreeSet::new();
    for (label, items) in by_label.iter().enumerate() {
        if items.len() < 2 {
            continue;
        }
        let to_prune = keep_at_least_one(&joint.counts[label * n_classes..][..n_classes], label);
        for (other, &n) in to_prune.iter().enumerate().filter(|(_, n)| 0 < **n) {
            let margin = |p: &[f32]| f64::from(p[other]) - f64::from(p[label]);
            let mut ranked = items.clone();
            ranked.sort_by(|a, b| margin(b.1).total_cmp(&margin(a.1)));
            doubted.extend(ranked.iter().take(n).map(|it| it.0));
        }
    }
    let mut suspects: Vec<Suspect> = doubted
        .into_iter()
        .map(|at| suspect(annotations[at], row_at(out_of_fold, at)))
        .filter(|it| it.given != it.likelier)
        .collect();
    suspects.sort_by(|a, b| a.quality.self_confidence.total_cmp(&b.quality.self_confidence));
    suspects
}

/// The likelier class is the label itself if no other is likelier by more than
/// a rounding.
fn suspect((row, given): (Row, ClassId), p: &[f32]) -> Suspect {
    let best = likeliest(p);
    let close = f64::from(p[best]) <= f64::from(p[given.index()]) + CLOSE;
    let best = ClassId(u16::try_from(best).expect("a schema fits in u16"));
    Suspect { row, given, likelier: if close { given } else { best }, quality: quality(p, given) }
}

/// How many labels to prune towards each class, none towards `label` itself.
/// Where not a single label would stay, every count gives one back, as in
/// cleanlab, which spreads one label over the counts and rounds down.
fn keep_at_least_one(row: &[usize], label: usize) -> Vec<usize> {
    let mut to_prune = row.to_vec();
    to_prune[label] = 0;
    if row[label] == 0 {
        for it in &mut to_prune {
            *it = it.saturating_sub(1);
        }
    }
    to_prune
}

/// `values` rounded to integers that sum to `total`, the largest remainders
/// corrected first; ties as in cleanlab.
fn round_to_total(values: &[f64], total: usize) -> Vec<usize> {
    let mut rounded: Vec<f64> = values.iter().map(|it| it.round_ties_even()).collect();
    let missing = total as f64 - rounded.iter().sum::<f64>();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| (values[a] - rounded[a]).total_cmp(&(values[b] - rounded[b])));
    if 0.0 < missing {
        order.reverse();
    }
    for &at in order.iter().take(missing.abs() as usize) {
        rounded[at] += missing.signum();
    }
    rounded.iter().map(|it| *it as usize).collect()
}

fn likeliest(p: &[f32]) -> usize {
    (0..p.len()).reduce(|best, it| if p[best] < p[it] { it } else { best }).expect("two classes")
}

fn row_at(out_of_fold: &Probabilities, at: usize) -> &[f32] {
    &out_of_fold.values()[at * out_of_fold.n_classes()..][..out_of_fold.n_classes()]
}

fn rows<'a>(
    annotations: &'a [(Row, ClassId)],
    out_of_fold: &'a Probabilities,
) -> impl Iterator<Item = (ClassId, &'a [f32])> {
    assert!(annotations.len() == out_of_fold.n_rows() as usize, "one row for each annotation");
    annotations
        .iter()
        .map(|it| it.1)
        .zip(out_of_fold.values().chunks_exact(out_of_fold.n_classes()))
}

#[cfg(test)]
mod tests {
    use super::{
        confident_joint, find_suspects, keep_at_least_one, quality, round_to_total, row_at,
        thresholds,
    };
    use crate::{label::ClassId, matrix::Probabilities, pool::Row};

    #[derive(serde::Deserialize)]
    struct Case {
        n_classes: usize,
        logits: Vec<f32>,
        labels: Vec<u16>,
        thresholds: Vec<f64>,
        joint: Vec<usize>,
        suspects: Vec<usize>,
        self_confidence: Vec<f64>,
        normalised_margin: Vec<f64>,
        noise: Vec<f64>,
    }

    fn read(case: &Case) -> (Vec<(Row, ClassId)>, Probabilities) {
        // Rows of the pool are not positions in the annotations: leave a gap.
        let annotations =
            case.labels.iter().zip(0_u32..).map(|(it, at)| (Row(3 * at), ClassId(*it)));
        let proba = Probabilities::softmax(case.n_classes, case.logits.clone()).expect("finite");
        (annotations.collect(), proba)
    }

    #[test]
    fn everything_matches_cleanlab() {
        let json = include_str!("../reference/confident.json");
        let cases: Vec<Case> = serde_json::from_str(json).expect("written by confident.py");
        for case in &cases {
            let (annotations, proba) = read(case);
            for (got, expected) in thresholds(&annotations, &proba).iter().zip(&case.thresholds) {
                let got = got.unwrap_or(2.0);
                assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
            }
            let joint = confident_joint(&annotations, &proba);
            assert_eq!(joint.counts(), case.joint);
            for (at, expected) in case.noise.iter().enumerate() {
                let class = |it: usize| ClassId(u16::try_from(it).expect("few classes"));
                let (given, really) = (at / case.n_classes, at % case.n_classes);
                let got = joint.noise_rate(class(given), class(really)).unwrap_or(0.0);
                assert!((got - expected).abs() < 1e-9, "{got} is not {expected}");
            }
            let suspects: Vec<usize> =
                find_suspects(&annotations, &proba).iter().map(|it| it.row.index() / 3).collect();
            assert_eq!(suspects, case.suspects);
            for (at, (_, label)) in annotations.iter().enumerate() {
                let quality = quality(row_at(&proba, at), *label);
                let off = f64::from(quality.self_confidence) - case.self_confidence[at];
                assert!(off.abs() < 1e-6);
                let off = f64::from(quality.normalised_margin) - case.normalised_margin[at];
                assert!(off.abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_swapped_label_is_found_and_the_rest_is_left_alone() {
        let logits = |class: usize| (0..3).map(move |it| if it == class { 3.0 } else { 0.0 });
        let proba = Probabilities::softmax(3, (0..30).flat_map(|it| logits(it % 3)).collect())
            .expect("finite");
        let mut annotations: Vec<(Row, ClassId)> =
            (0..30_u16).map(|it| (Row(u32::from(it)), ClassId(it % 3))).collect();
        assert_eq!(find_suspects(&annotations, &proba), []);
        annotations[4].1 = ClassId(0);
        let suspects = find_suspects(&annotations, &proba);
        assert_eq!(suspects.len(), 1);
        assert_eq!((suspects[0].row, suspects[0].likelier), (Row(4), ClassId(1)));
        assert_eq!(confident_joint(&annotations, &proba).n_wrong(), 1);
        assert_eq!(confident_joint(&annotations, &proba).wrong_share(ClassId(0)), Some(1.0 / 11.0));
    }

    #[test]
    fn rounding_keeps_the_total() {
        assert_eq!(round_to_total(&[0.4, 0.4, 2.2], 3), [0, 1, 2]);
        assert_eq!(round_to_total(&[1.6, 1.6, 1.8], 5), [1, 2, 2]);
        assert_eq!(round_to_total(&[2.5, 1.5], 4), [2, 2]);
    }

    #[test]
    fn one_label_of_a_class_is_always_kept() {
        assert_eq!(keep_at_least_one(&[3, 2, 0], 0), [0, 2, 0]);
        assert_eq!(keep_at_least_one(&[0, 2, 3], 0), [0, 1, 2]);
    }

    #[test]
    fn nothing_to_doubt_gives_no_suspects() {
        let none = Probabilities::softmax(2, Vec::new()).expect("finite");
        assert_eq!(find_suspects(&[], &none), []);
        assert_eq!(confident_joint(&[], &none).wrong_share(ClassId(0)), None);
    }
}
