//! What is known about the labels of a project, in one value.
//!
//! Plain data: whoever prints it, draws it or sends it decides nothing.

use crate::{
    agree::cohen_kappa,
    calibrate::{ReliabilityBin, brier, expected_calibration_error, log_loss, reliability},
    confident::{ConfidentJoint, Suspect, confident_joint, find_suspects},
    information::{Shared, shared},
    label::{ClassId, Schema},
    matrix::Probabilities,
    metric::{
        confusion::{ClassScores, Confusion, accuracy, class_scores, macro_f1},
        interval::{Estimate, Measured},
    },
    pool::Row,
};

/// What [`verify`] looks at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The classes.
    pub schema: &'a Schema,
    /// The labels to judge: at most one class per row, in any order.
    pub labels: &'a [(Row, ClassId)],
    /// Reference answers to a uniform sample of the labelled rows, given
    /// without sight of the labels: the audit or random answers. Items a query
    /// strategy chose are harder than the rest and would mislead.
    pub answers: &'a [(Row, ClassId)],
    /// Probabilities of all rows of the pool by models that have not seen
    /// `answers`, if there are any.
    pub probabilities: Option<&'a Probabilities>,
    /// Annotations to doubt, with out-of-fold probabilities, if there are any.
    pub doubted: Option<Doubted<'a>>,
}

/// Annotations, and what models that have not seen them say.
#[derive(Clone, Copy, Debug)]
pub struct Doubted<'a> {
    /// The item and its label.
    pub annotations: &'a [(Row, ClassId)],
    /// One row for each of `annotations`, in the same order.
    pub out_of_fold: &'a Probabilities,
}

/// How good the labels are, and which to look at again.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// Confidence of all intervals.
    pub confidence: f64,
    /// Number of rows with both a label and a reference answer.
    pub n: usize,
    /// Reference answers against labels.
    pub confusion: Confusion,
    /// Share of right labels; also the micro-averaged precision, recall and F1.
    pub accuracy: Measured,
    /// Mean of the classes' F1.
    pub macro_f1: Measured,
    /// Precision, recall and F1 of each class, in class order.
    pub classes: Vec<ClassScores>,
    /// Cohen's kappa of labels and reference answers.
    pub kappa: Option<Estimate>,
    /// Entropy of reference answers (`x`) and labels (`y`), and what they share.
    pub information: Shared,
    /// Whether the probabilities can be believed.
    pub calibration: Option<Calibration>,
    /// Which annotations deserve a doubt.
    pub doubts: Option<Doubts>,
}

/// How far probabilities are from the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The reliability diagram, empty bins left out.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error, in `[0, 1]`.
    pub ece: f64,
    /// Brier score, in `[0, 2]`.
    pub brier: f64,
    /// Log loss in nats.
    pub log_loss: f64,
}

/// What confident learning says of the annotations.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubts {
    /// Number of annotations looked at.
    pub n: usize,
    /// How many labels of each class are probably of another.
    pub joint: ConfidentJoint,
    /// The labels to look at again, worst first.
    pub suspects: Vec<Suspect>,
}

/// Holds labels against reference answers.
///
/// A row that was answered more than once counts with its last answer; answers
/// to rows without a label are left out. With few answers most figures are
/// [`Measured::NotEnough`].
///
/// # Panics
///
/// If a class is not of the schema, a row is not of the probabilities, or
/// `confidence` is not inside `(0, 1)`.
pub fn verify(evidence: &Evidence<'_>, confidence: f64) -> Verification {
    let n_classes = evidence.schema.n_classes();
    let answers = last_by_row(evidence.answers);
    let labels = last_by_row(evidence.labels);
    let pairs: Vec<(ClassId, ClassId)> = answers
        .iter()
        .filter_map(|&(row, answer)| {
            let at = labels.binary_search_by_key(&row, |it| it.0).ok()?;
            Some((answer, labels[at].1))
        })
        .collect();
    let confusion = Confusion::new(n_classes, &pairs);
    Verification {
        confidence,
        n: pairs.len(),
        accuracy: accuracy(&confusion, confidence),
        macro_f1: macro_f1(&confusion, confidence),
        classes: class_scores(&confusion, confidence),
        kappa: cohen_kappa(n_classes, &pairs, confidence),
        information: shared(n_classes, &pairs),
        calibration: evidence.probabilities.and_then(|it| calibration(it, &answers)),
        doubts: evidence.doubted.map(|it| doubts(&it)),
        confusion,
    }
}

/// `None` without answers.
fn calibration(probabilities: &Probabilities, answers: &[(Row, ClassId)]) -> Option<Calibration> {
    let bins = reliability(probabilities, answers);
    Some(Calibration {
        ece: expected_calibration_error(&bins)?,
        brier: brier(probabilities, answers)?,
        log_loss: log_loss(probabilities, answers)?,
        bins,
    })
}

fn doubts(doubted: &Doubted<'_>) -> Doubts {
    Doubts {
        n: doubted.annotations.len(),
        joint: confident_joint(doubted.annotations, doubted.out_of_fold),
        suspects: find_suspects(doubted.annotations, doubted.out_of_fold),
    }
}

/// Ascending, one entry per row.
fn last_by_row(pairs: &[(Row, ClassId)]) -> Vec<(Row, ClassId)> {
    let mut pairs: Vec<(Row, ClassId)> = pairs.iter().rev().copied().collect();
    pairs.sort_by_key(|it| it.0);
    pairs.dedup_by_key(|it| it.0);
    pairs
}

#[cfg(test)]
mod tests {
    use super::{Doubted, Evidence, verify};
    use crate::{
        label::{ClassId, Schema},
        matrix::Probabilities,
        metric::interval::Measured,
        pool::Row,
    };

    fn schema() -> Schema {
        Schema::new(vec!["cat".to_owned(), "dog".to_owned()]).expect("two classes")
    }

    type Classes = Vec<(Row, ClassId)>;

    /// Labels, answers and probabilities of sixty rows of two classes; the
    /// model is right except on rows 0 and 1.
    fn labelled() -> (Classes, Classes, Probabilities) {
        let answers: Vec<_> =
            (0..60).map(|it| (Row(it), ClassId(u16::from(it % 2 == 1)))).collect();
        let labels: Vec<_> = answers
            .iter()
            .map(|&(row, class)| (row, if row.0 < 2 { ClassId(1 - class.0) } else { class }))
            .collect();
        let logits =
            labels.iter().flat_map(|it| if it.1 == ClassId(0) { [2.0, 0.0] } else { [0.0, 2.0] });
        let proba = Probabilities::softmax(2, logits.collect()).expect("finite");
        (labels, answers, proba)
    }

    #[test]
    fn a_verification_brings_the_figures_together() {
        let (labels, answers, proba) = labelled();
        let doubted = Doubted { annotations: &answers, out_of_fold: &proba };
        let schema = schema();
        let evidence = Evidence {
            schema: &schema,
            labels: &labels,
            answers: &answers,
            probabilities: Some(&proba),
            doubted: Some(doubted),
        };
        let got = verify(&evidence, 0.95);
        assert_eq!((got.n, got.confusion.n_right(), got.classes.len()), (60, 58, 2));
        let accuracy = got.accuracy.estimate().expect("60 answers");
        assert!(accuracy.low < accuracy.value && accuracy.value < accuracy.high);
        assert!(got.macro_f1.estimate().is_some() && got.kappa.is_some());
        assert!((got.information.entropy_x - std::f64::consts::LN_2).abs() < 1e-12);
        let calibration = got.calibration.expect("there are answers");
        assert_eq!(calibration.bins.len(), 1);
        assert!((calibration.ece - (58.0 / 60.0 - 0.880_797)).abs() < 1e-5);
        let suspects: Vec<Row> =
            got.doubts.expect("asked for").suspects.iter().map(|it| it.row).collect();
        assert_eq!(suspects, [Row(0), Row(1)]);
    }

    #[test]
    fn the_last_answer_counts_and_rows_without_a_label_do_not() {
        let schema = schema();
        let evidence = Evidence {
            schema: &schema,
            labels: &[(Row(7), ClassId(1)), (Row(3), ClassId(0))],
            answers: &[(Row(7), ClassId(0)), (Row(9), ClassId(0)), (Row(7), ClassId(1))],
            probabilities: None,
            doubted: None,
        };
        let got = verify(&evidence, 0.95);
        assert_eq!(got.confusion.counts(), [0, 0, 0, 1]);
        assert_eq!(got.accuracy, Measured::NotEnough { n: 1, needed: 21 });
        assert_eq!((got.calibration, got.doubts, got.kappa), (None, None, None));
    }
}
