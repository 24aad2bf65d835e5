//! Several annotators: which of their answers to believe, and how good each
//! annotator is.
//!
//! Three published ways, from counting over the annotators' own errors to the
//! model as one more annotator. None of them is a certificate.

use std::collections::BTreeMap;

use crate::{
    agree::{AnnotatorId, Answer},
    label::ClassId,
    matrix::Probabilities,
    pool::Row,
};

/// No probability is taken to be smaller, so that one impossible answer does
/// not silence all others.
const LEAST: f64 = 1e-10;

/// The class that most annotators gave, by ascending row.
///
/// Ties go to the class of higher probability if there are `probabilities`
/// (one row per pool item), then to the class that was given less often in
/// all, then to the lower class.
///
/// # Panics
///
/// If a class is not below `n_classes`, or an answer is about a row that the
/// probabilities lack.
pub fn majority_vote(
    n_classes: usize,
    answers: &[Answer],
    probabilities: Option<&Probabilities>,
) -> Vec<(Row, ClassId)> {
    let mut given = vec![0_usize; n_classes];
    for answer in answers {
        given[answer.class.index()] += 1;
    }
    let items = Items::new(answers);
    let winner = |(row, answers): (&Row, &Vec<(usize, ClassId)>)| {
        let mut votes = vec![0_usize; n_classes];
        for (_, class) in answers {
            votes[class.index()] += 1;
        }
        let p = |class: usize| probabilities.map_or(0.0, |it| it.row(*row)[class]);
        let better = |a: usize, b: usize| {
            let by_votes = votes[b].cmp(&votes[a]);
            by_votes.then(p(b).total_cmp(&p(a))).then(given[a].cmp(&given[b])).is_le()
        };
        let best = (0..n_classes).reduce(|best, it| if better(best, it) { best } else { it });
        (*row, class_id(best.expect("at least one class")))
    };
    items.rows.iter().zip(&items.answers).map(winner).collect()
}

/// The class that most of `classes` are; ties to the lower class.
pub fn most_frequent(classes: impl IntoIterator<Item = ClassId>) -> Option<ClassId> {
    let mut votes: BTreeMap<ClassId, usize> = BTreeMap::new();
    for class in classes {
        *votes.entry(class).or_default() += 1;
    }
    let best = votes.into_iter().reduce(|best, it| if best.1 < it.1 { it } else { best });
    best.map(|it| it.0)
}

/// What Dawid and Skene's model says about items and annotators.
#[derive(Clone, Debug, PartialEq)]
pub struct DawidSkene {
    /// Items with an answer, ascending.
    pub rows: Vec<Row>,
    /// Probability of each class for each of `rows`, shape `[rows, classes]`.
    pub posterior: Vec<f64>,
    /// Share of each class among the items.
    pub prior: Vec<f64>,
    /// Annotators, ascending.
    pub annotators: Vec<AnnotatorId>,
    /// How often each annotator answers what: probability of an answer given
    /// the class, shape `[annotators, classes (real), classes (answered)]`.
    pub confusion: Vec<f64>,
    /// Mean log-likelihood per item of the answers, in nats.
    pub log_likelihood: f64,
    /// Number of rounds until the log-likelihood stood still.
    pub rounds: usize,
}

impl DawidSkene {
    /// The likeliest class of each of `rows`; ties to the lower class.
    pub fn classes(&self) -> Vec<ClassId> {
        let rows = self.posterior.chunks_exact(self.prior.len().max(1));
        rows.map(|it| class_id(likeliest(it))).collect()
    }
}

/// Classes and annotators' confusions by expectation maximisation, from the
/// shares of the votes, until the log-likelihood per item grows by less than
/// 1e-9, at most 2,000 rounds.
///
/// Better than a majority where annotators differ in skill or lean to a class,
/// and each gave some dozens of answers; worse where they gave few. Each round
/// costs `answers · classes`.
///
/// Dawid, Skene (1979), *Maximum Likelihood Estimation of Observer Error-Rates
/// Using the EM Algorithm*, Applied Statistics 28.
///
/// # Panics
///
/// If a class is not below `n_classes`.
pub fn dawid_skene(n_classes: usize, answers: &[Answer]) -> DawidSkene {
    let items = Items::new(answers);
    let mut model = DawidSkene {
        posterior: items.vote_shares(n_classes),
        prior: vec![0.0; n_classes],
        confusion: Vec::new(),
        log_likelihood: f64::NEG_INFINITY,
        rounds: 0,
        rows: Vec::new(),
        annotators: Vec::new(),
    };
    while model.rounds < 2_000 {
        maximise(&mut model, &items);
        let before = model.log_likelihood;
        expect(&mut model, &items);
        model.rounds += 1;
        if model.log_likelihood - before < 1e-9 {
            break;
        }
    }
    DawidSkene { rows: items.rows, annotators: items.annotators, ..model }
}

/// The shares of the classes and the annotators' confusions, from the
/// posterior of the items.
fn maximise(model: &mut DawidSkene, items: &Items) {
    let n_classes = model.prior.len();
    model.prior.fill(0.0);
    let mut confusion = vec![0.0; items.annotators.len() * n_classes * n_classes];
    for (answers, p) in items.answers.iter().zip(model.posterior.chunks_exact(n_classes)) {
        for (real, p) in p.iter().enumerate() {
            model.prior[real] += p / items.rows.len() as f64;
            for (annotator, class) in answers {
                confusion[(annotator * n_classes + real) * n_classes + class.index()] += p;
            }
        }
    }
    // An answer an annotator never gives, whatever the class, keeps a
    // probability of 0: it never enters the likelihood.
    for answered in confusion.chunks_exact_mut(n_classes * n_classes) {
        let used: Vec<bool> = (0..n_classes)
            .map(|it| answered[it..].iter().step_by(n_classes).any(|p| 0.0 < *p))
            .collect();
        for row in answered.chunks_exact_mut(n_classes) {
            for (p, _) in row.iter_mut().zip(&used).filter(|(_, used)| **used) {
                *p = p.max(LEAST);
            }
            let sum: f64 = row.iter().sum();
            for p in row.iter_mut() {
                *p /= sum;
            }
        }
    }
    model.confusion = confusion;
}

/// The posterior of the items and the log-likelihood, from the shares of the
/// classes and the annotators' confusions.
fn expect(model: &mut DawidSkene, items: &Items) {
    let n_classes = model.prior.len();
    let mut log_likelihood = 0.0;
    for (answers, p) in items.answers.iter().zip(model.posterior.chunks_exact_mut(n_classes)) {
        for (real, p) in p.iter_mut().enumerate() {
            let answered = answers.iter().map(|(annotator, class)| {
                model.confusion[(annotator * n_classes + real) * n_classes + class.index()].ln()
            });
            *p = model.prior[real].max(LEAST).ln() + answered.sum::<f64>();
        }
        let max = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = p.iter().map(|it| (it - max).exp()).sum();
        for p in p.iter_mut() {
            *p = (*p - max).exp() / sum;
        }
        log_likelihood += max + sum.ln();
    }
    model.log_likelihood = log_likelihood / items.rows.len().max(1) as f64;
}

/// What CROWDLAB says about items and annotators.
#[derive(Clone, Debug, PartialEq)]
pub struct Crowdlab {
    /// Items with an answer, ascending.
    pub rows: Vec<Row>,
    /// The consensus of each of `rows`.
    pub classes: Vec<ClassId>,
    /// How much the consensus of each of `rows` can be trusted: its
    /// probability under model and annotators, in `[0, 1]`.
    pub quality: Vec<f64>,
    /// Probability of each class for each of `rows`, shape `[rows, classes]`.
    pub posterior: Vec<f64>,
    /// Weight of the model's probabilities, as that of one annotator.
    pub model_weight: f64,
    /// Annotators, ascending.
    pub annotators: Vec<AnnotatorQuality>,
}

/// How good an annotator's answers are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnotatorQuality {
    /// Who.
    pub annotator: AnnotatorId,
    /// Number of answers.
    pub n: usize,
    /// Weight of the answers in the consensus, in `(0, 1]`.
    pub weight: f64,
    /// Overall score of the answers by model and consensus, in `[0, 1]`; `None`
    /// if nobody else answered any of the items.
    pub quality: Option<f64>,
}

/// The consensus of the annotators and a model, each weighted by how much
/// better it is than the most common class.
///
/// `out_of_fold` has one row per pool item, by models that have not seen the
/// answers to it. `None` if no item has two answers: agreement is what the
/// weights are made of. Where the posterior is tied, the majority decides.
///
/// Goh, Tkachenko, Mueller (2022), *CROWDLAB: Supervised Learning to Infer
/// Consensus Labels and Quality Scores for Data with Multiple Annotators*,
/// arXiv:2210.06812; as cleanlab 2.9 computes it, except that ties of the
/// majority are broken as [`majority_vote`] does.
///
/// # Panics
///
/// If an answer is about a row or class that the probabilities lack.
pub fn crowdlab(answers: &[Answer], out_of_fold: &Probabilities) -> Option<Crowdlab> {
    let items = Items::new(answers);
    if items.answers.iter().all(|it| it.len() < 2) {
        return None;
    }
    let n_classes = out_of_fold.n_classes();
    let majority: Vec<ClassId> =
        majority_vote(n_classes, answers, Some(out_of_fold)).into_iter().map(|it| it.1).collect();
    let (first, _) = weigh(&items, &majority, out_of_fold);
    let consensus: Vec<ClassId> = first
        .chunks_exact(n_classes)
        .zip(&majority)
        .map(|(p, majority)| {
            let best = likeliest(p);
            let tied = p.iter().filter(|it| p[best] <= **it).count();
            if tied == 1 { class_id(best) } else { *majority }
        })
        .collect();
    let (posterior, weights) = weigh(&items, &consensus, out_of_fold);
    let rows = posterior.chunks_exact(n_classes);
    Some(Crowdlab {
        quality: rows.zip(&consensus).map(|(p, class)| p[class.index()]).collect(),
        annotators: judge(&items, &consensus, &posterior, &weights),
        rows: items.rows,
        classes: consensus,
        posterior,
        model_weight: weights.model,
    })
}

struct Weights {
    model: f64,
    annotators: Vec<f64>,
}

/// The posterior of the items, given a first consensus, and whose word counted
/// for how much in it.
fn weigh(items: &Items, consensus: &[ClassId], out_of_fold: &Probabilities) -> (Vec<f64>, Weights) {
    let n_classes = out_of_fold.n_classes();
    let shared =
        || items.answers.iter().zip(consensus).zip(&items.rows).filter(|it| 1 < it.0.0.len());
    let n_shared = shared().count() as f64;
    let agreement = |(answers, class): (&Vec<(usize, ClassId)>, &ClassId)| {
        answers.iter().filter(|it| it.1 == *class).count() as f64 / answers.len() as f64
    };
    let right = shared().map(|it| agreement(it.0)).sum::<f64>() / n_shared;

    let mut counts = vec![0_usize; n_classes];
    shared().for_each(|it| counts[it.0.1.index()] += 1);
    let most_common = counts.iter().copied().max().unwrap_or(0) as f64;
    let baseline_error = (1.0 - most_common / n_shared).max(1e-6);
    let weight = |error: f64| (1.0 - error / baseline_error).max(1e-6);

    let model_errors = shared().filter(|it| out_of_fold.likeliest(*it.1).0 != *it.0.1).count();
    let weights = Weights {
        model: weight(model_errors as f64 / n_shared) * items.mean_answers().sqrt(),
        annotators: items.mutual_agreement().iter().map(|it| weight(1.0 - it)).collect(),
    };

    let wrong = (1.0 - right) / (n_classes - 1) as f64;
    let mut posterior = Vec::with_capacity(items.rows.len() * n_classes);
    for (row, answers) in items.rows.iter().zip(&items.answers) {
        let total = weights.model
            + answers.iter().map(|(annotator, _)| weights.annotators[*annotator]).sum::<f64>();
        for (class, p) in (0..).zip(out_of_fold.row(*row)) {
            let votes = answers.iter().map(|(annotator, answer)| {
                let p = if *answer == ClassId(class) { right } else { wrong };
                weights.annotators[*annotator] * p
            });
            posterior.push((f64::from(*p) * weights.model + votes.sum::<f64>()) / total);
        }
    }
    (posterior, weights)
}

/// The annotators' qualities: the mean probability of their answers, and how
/// often they agree with the consensus, weighted as model and annotators are.
fn judge(
    items: &Items,
    consensus: &[ClassId],
    posterior: &[f64],
    weights: &Weights,
) -> Vec<AnnotatorQuality> {
    let n_annotators = items.annotators.len();
    let n_classes = posterior.len() / items.rows.len();
    let (mut n, mut trust) = (vec![0_usize; n_annotators], vec![0.0; n_annotators]);
    let (mut n_shared, mut agreed) = (vec![0_usize; n_annotators], vec![0_usize; n_annotators]);
    for ((answers, class), p) in
        items.answers.iter().zip(consensus).zip(posterior.chunks_exact(n_classes))
    {
        for (annotator, answer) in answers {
            n[*annotator] += 1;
            trust[*annotator] += p[answer.index()];
            n_shared[*annotator] += usize::from(1 < answers.len());
            agreed[*annotator] += usize::from(1 < answers.len() && answer == class);
        }
    }
    let per_item =
        weights.annotators.iter().sum::<f64>() * items.mean_answers() / n_annotators as f64;
    let model_share = weights.model / (weights.model + per_item);
    let quality = |it: usize| {
        let agreement = agreed[it] as f64 / n_shared[it] as f64;
        let trust = trust[it] / n[it] as f64;
        (0 < n_shared[it]).then_some(model_share * trust + (1.0 - model_share) * agreement)
    };
    (0..n_annotators)
        .map(|it| AnnotatorQuality {
            annotator: items.annotators[it],
            n: n[it],
            weight: weights.annotators[it],
            quality: quality(it),
        })
        .collect()
}

/// Answers grouped by item, annotators numbered from 0.
struct Items {
    rows: Vec<Row>,
    annotators: Vec<AnnotatorId>,
    answers: Vec<Vec<(usize, ClassId)>>,
}

impl Items {
    fn new(answers: &[Answer]) -> Items {
        let mut annotators: Vec<AnnotatorId> = answers.iter().map(|it| it.annotator).collect();
        annotators.sort_unstable();
        annotators.dedup();
        let mut items: BTreeMap<Row, Vec<(usize, ClassId)>> = BTreeMap::new();
        for answer in answers {
            let annotator = annotators.binary_search(&answer.annotator).expect("collected above");
            items.entry(answer.row).or_default().push((annotator, answer.class));
        }
        let (rows, mut answers): (Vec<_>, Vec<_>) = items.into_iter().unzip();
        // Sums of floats depend on their order: make it that of the annotators.
        for it in &mut answers {
            it.sort_unstable();
        }
        Items { rows, annotators, answers }
    }

    fn mean_answers(&self) -> f64 {
        self.answers.iter().map(Vec::len).sum::<usize>() as f64 / self.rows.len() as f64
    }

    /// Shape `[rows, classes]`.
    fn vote_shares(&self, n_classes: usize) -> Vec<f64> {
        let mut shares = vec![0.0; self.rows.len() * n_classes];
        for (answers, shares) in self.answers.iter().zip(shares.chunks_exact_mut(n_classes)) {
            for (_, class) in answers {
                shares[class.index()] += 1.0 / answers.len() as f64;
            }
        }
        shares
    }

    /// Share of the other annotators' answers to the same items that each
    /// annotator agrees with; where there are none, the mean of the others.
    fn mutual_agreement(&self) -> Vec<f64> {
        let mut pairs = vec![(0_usize, 0_usize); self.annotators.len()];
        for answers in &self.answers {
            for (annotator, class) in answers {
                pairs[*annotator].0 += answers.iter().filter(|it| it.1 == *class).count() - 1;
                pairs[*annotator].1 += answers.len() - 1;
            }
        }
        let known = pairs.iter().filter(|it| 0 < it.1);
        let n_known = known.clone().count().max(1) as f64;
        let mean = known.map(|it| it.0 as f64 / it.1 as f64).sum::<f64>() / n_known;
        let share = |it: &(usize, usize)| if it.1 == 0 { mean } else { it.0 as f64 / it.1 as f64 };
        pairs.iter().map(share).collect()
    }
}

fn likeliest(p: &[f64]) -> usize {
    (0..p.len()).reduce(|best, it| if p[best] < p[it] { it } else { best }).expect("two classes")
}

fn class_id(class: usize) -> ClassId {
    ClassId(u16::try_from(class).expect("a schema fits in u16"))
}

#[cfg(test)]
mod tests {
    use super::{Items, crowdlab, dawid_skene, expect, majority_vote, maximise};
    use crate::{
        agree::{AnnotatorId, Answer},
        label::ClassId,
        matrix::Probabilities,
        pool::Row,
    };

    #[derive(serde::Deserialize)]
    struct Case {
        n_classes: usize,
        answers: Vec<(u32, u32, u16)>,
        logits: Vec<f32>,
        rounds: usize,
        posterior: Vec<f64>,
        prior: Vec<f64>,
        consensus: Vec<u16>,
        quality: Vec<f64>,
        model_weight: f64,
        annotator_weights: Vec<f64>,
        annotator_quality: Vec<f64>,
    }

    fn cases() -> Vec<Case> {
        let json = include_str!("../reference/consensus.json");
        serde_json::from_str(json).expect("written by consensus.py")
    }

    fn answers(answers: &[(u32, u32, u16)]) -> Vec<Answer> {
        let answer = |&(row, annotator, class)| Answer {
            row: Row(row),
            annotator: AnnotatorId(annotator),
            class: ClassId(class),
        };
        answers.iter().map(answer).collect()
    }

    fn close(got: &[f64], expected: &[f64], tolerance: f64) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < tolerance, "{got} is not {expected}");
        }
    }

    #[test]
    fn dawid_skene_matches_crowd_kit_round_by_round() {
        for case in cases() {
            let items = Items::new(&answers(&case.answers));
            let mut model = dawid_skene(case.n_classes, &[]);
            model.posterior = items.vote_shares(case.n_classes);
            for _ in 0..case.rounds {
                maximise(&mut model, &items);
                expect(&mut model, &items);
            }
            close(&model.posterior, &case.posterior, 1e-8);
            maximise(&mut model, &items);
            close(&model.prior, &case.prior, 1e-8);
            for row in model.confusion.chunks_exact(case.n_classes) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
    }

    /// What makes it expectation maximisation.
    #[test]
    fn no_round_lowers_the_likelihood() {
        for case in cases() {
            let items = Items::new(&answers(&case.answers));
            let mut model = dawid_skene(case.n_classes, &answers(&case.answers));
            let reached = model.log_likelihood;
            model.posterior = items.vote_shares(case.n_classes);
            let mut before = f64::NEG_INFINITY;
            for _ in 0..50 {
                maximise(&mut model, &items);
                expect(&mut model, &items);
                assert!(before <= model.log_likelihood + 1e-7);
                before = model.log_likelihood;
            }
            assert!(before <= reached + 1e-7);
        }
    }

    #[test]
    fn crowdlab_matches_cleanlab() {
        for case in cases() {
            let proba = Probabilities::softmax(case.n_classes, case.logits).expect("finite");
            let got = crowdlab(&answers(&case.answers), &proba).expect("items with two answers");
            let classes: Vec<u16> = got.classes.iter().map(|it| it.0).collect();
            assert_eq!(classes, case.consensus);
            close(&got.quality, &case.quality, 1e-6);
            close(&[got.model_weight], &[case.model_weight], 1e-9);
            let weights: Vec<f64> = got.annotators.iter().map(|it| it.weight).collect();
            close(&weights, &case.annotator_weights, 1e-9);
            let quality = |it: &super::AnnotatorQuality| it.quality.expect("shared items");
            let qualities: Vec<f64> = got.annotators.iter().map(quality).collect();
            close(&qualities, &case.annotator_quality, 1e-6);
        }
    }

    #[test]
    fn majorities_and_their_ties() {
        let given = answers(&[(5, 0, 1), (5, 1, 1), (5, 2, 0), (9, 0, 1), (9, 1, 2), (9, 2, 0)]);
        let expect =
            |classes: [u16; 2]| vec![(Row(5), ClassId(classes[0])), (Row(9), ClassId(classes[1]))];
        // A tie of all three classes goes to the rarest, class 2.
        assert_eq!(majority_vote(3, &given, None), expect([1, 2]));
        let logits = (0..30).map(|it| if it % 3 == 0 { 2.0 } else { 0.0 }).collect();
        let proba = Probabilities::softmax(3, logits).expect("finite");
        assert_eq!(majority_vote(3, &given, Some(&proba)), expect([1, 0]));
    }

    #[test]
    fn results_do_not_depend_on_the_order_of_answers() {
        let case = &cases()[0];
        let proba = Probabilities::softmax(case.n_classes, case.logits.clone()).expect("finite");
        let mut shuffled = answers(&case.answers);
        fastrand::Rng::with_seed(1).shuffle(&mut shuffled);
        let sorted = answers(&case.answers);
        assert_eq!(dawid_skene(case.n_classes, &shuffled), dawid_skene(case.n_classes, &sorted));
        assert_eq!(crowdlab(&shuffled, &proba), crowdlab(&sorted, &proba));
    }

    #[test]
    fn without_shared_items_there_is_no_consensus_to_weigh() {
        let proba = Probabilities::softmax(2, vec![0.0; 4]).expect("finite");
        assert_eq!(crowdlab(&answers(&[(0, 0, 1), (1, 1, 0)]), &proba), None);
        assert_eq!(dawid_skene(2, &[]).classes(), []);
        assert_eq!(majority_vote(2, &[], None), []);
    }
}
