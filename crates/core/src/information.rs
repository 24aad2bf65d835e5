//! Entropy of labels, and the information two labellings share.
//!
//! Everything is in nats (natural logarithm); [`bits`] converts for display.
//! Nothing here says which of two labellings is right: for that, see
//! [`crate::metric`].

use rayon::prelude::*;

use crate::{label::ClassId, linalg::product_atb, matrix::Probabilities};

/// `nats` in bits.
pub fn bits(nats: f64) -> f64 {
    nats / std::f64::consts::LN_2
}

/// Entropy `H(X)` of the distribution that `counts` are drawn from, in nats,
/// plug-in estimate: in `[0, ln(counts.len())]`, 0 without counts.
///
/// Too small by about `(m - 1) / 2n` for `n` counts over `m` values that occur;
/// [`miller_madow`] adds that.
///
/// Shannon (1948), *A Mathematical Theory of Communication*, Bell System
/// Technical Journal 27.
pub fn entropy(counts: &[usize]) -> f64 {
    let n = counts.iter().sum::<usize>() as f64;
    let terms = counts.iter().filter(|it| 0 < **it).map(|&it| {
        let p = it as f64 / n;
        -p * p.ln()
    });
    terms.sum::<f64>().max(0.0)
}

/// [`entropy`] with the first-order correction of its bias.
///
/// Miller (1955), *Note on the Bias of Information Estimates*, Information
/// Theory in Psychology II-B.
pub fn miller_madow(counts: &[usize]) -> f64 {
    let n: usize = counts.iter().sum();
    let occurring = counts.iter().filter(|it| 0 < **it).count();
    entropy(counts) + if n == 0 { 0.0 } else { (occurring - 1) as f64 / (2 * n) as f64 }
}

/// Entropy of one row of probabilities, in nats, in `[0, ln(p.len())]`.
pub fn row_entropy(p: &[f32]) -> f64 {
    p.iter()
        .filter(|it| 0.0 < **it)
        .map(|&it| {
            let p = f64::from(it);
            -p * p.ln()
        })
        .sum()
}

/// Two labellings of the same items, and what is known from one about the
/// other. All values are in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shared {
    /// Number of items.
    pub n: usize,
    /// `H(X)`, of the first labelling.
    pub entropy_x: f64,
    /// `H(Y)`, of the second.
    pub entropy_y: f64,
    /// `H(X, Y)`.
    pub joint: f64,
    /// `H(X | Y)`: what remains unknown of the first once the second is known.
    pub x_given_y: f64,
    /// `H(Y | X)`.
    pub y_given_x: f64,
    /// `I(X; Y)`, plug-in: never negative, too large by about
    /// `(classes - 1)² / 2n` where the labellings are independent.
    pub mutual_information: f64,
    /// `I(X; Y)` from three [`miller_madow`] entropies; may be just below 0.
    pub corrected: f64,
    /// `I(X; Y)` over the mean of `H(X)` and `H(Y)`, in `[0, 1]`; `None` if
    /// both labellings use a single class. 1 also when one is a renaming of
    /// the other: it measures information, not agreement.
    pub normalised: Option<f64>,
}

/// The information that the labellings of `pairs` share, plug-in and corrected.
///
/// Cover, Thomas (2006), *Elements of Information Theory*, chapter 2; the
/// normalisation is that of Strehl, Ghosh (2002), *Cluster Ensembles*, JMLR 3,
/// with the arithmetic mean, as in scikit-learn.
///
/// # Panics
///
/// If a class is not below `n_classes`.
pub fn shared(n_classes: usize, pairs: &[(ClassId, ClassId)]) -> Shared {
    let mut joint = vec![0_usize; n_classes * n_classes];
    let (mut x, mut y) = (vec![0_usize; n_classes], vec![0_usize; n_classes]);
    for (a, b) in pairs {
        assert!(a.index() < n_classes && b.index() < n_classes, "unknown class");
        joint[a.index() * n_classes + b.index()] += 1;
        x[a.index()] += 1;
        y[b.index()] += 1;
    }
    let (entropy_x, entropy_y, entropy_xy) = (entropy(&x), entropy(&y), entropy(&joint));
    let mutual_information = (entropy_x + entropy_y - entropy_xy).max(0.0);
    let mean = f64::midpoint(entropy_x, entropy_y);
    Shared {
        n: pairs.len(),
        entropy_x,
        entropy_y,
        joint: entropy_xy,
        x_given_y: (entropy_xy - entropy_y).max(0.0),
        y_given_x: (entropy_xy - entropy_x).max(0.0),
        mutual_information,
        corrected: miller_madow(&x) + miller_madow(&y) - miller_madow(&joint),
        normalised: (0.0 < mean).then(|| (mutual_information / mean).min(1.0)),
    }
}

/// Mutual information of two soft labellings of the same items, in nats: of
/// the joint distribution `P(i, j) = mean of a_i · b_j` over the items.
///
/// `a` and `b` have as many rows, not necessarily as many classes; without
/// rows the value is 0. With one-hot rows it is the mutual information of
/// [`shared`]. Large when the two agree on which items belong together, are
/// certain of it, and use many classes; two views of the same items by which a
/// model is judged without any label. Cost `rows · classes²`.
///
/// Ji, Henriques, Vedaldi (2019), *Invariant Information Clustering for
/// Unsupervised Image Classification and Segmentation*, ICCV; measured, not
/// trained on, and without their symmetrisation, which presumes that the two
/// views are exchangeable.
///
/// # Panics
///
/// If the numbers of rows differ.
pub fn soft_mutual_information(a: &Probabilities, b: &Probabilities) -> f64 {
    const CHUNK: usize = 4_096;
    assert!(a.n_rows() == b.n_rows(), "two labellings of different items");
    let (n_a, n_b) = (a.n_classes(), b.n_classes());
    let chunks: Vec<Vec<f32>> = a
        .values()
        .par_chunks(CHUNK * n_a)
        .zip(b.values().par_chunks(CHUNK * n_b))
        .map(|(a, b)| {
            let mut products = vec![0.0; n_a * n_b];
            product_atb(a, b, a.len() / n_a, &mut products);
            products
        })
        .collect();
    let mut joint = vec![0.0_f64; n_a * n_b];
    for chunk in &chunks {
        for (sum, &product) in joint.iter_mut().zip(chunk) {
            *sum += f64::from(product);
        }
    }
    // Normalised by the actual total: rows sum to 1 only up to rounding.
    let total: f64 = joint.iter().sum();
    let row = |i: usize| joint[i * n_b..][..n_b].iter().sum::<f64>();
    let column = |j: usize| joint[j..].iter().step_by(n_b).sum::<f64>();
    let rows: Vec<f64> = (0..n_a).map(row).collect();
    let columns: Vec<f64> = (0..n_b).map(column).collect();
    let terms = joint.iter().enumerate().filter(|(_, p)| 0.0 < **p).map(|(at, &p)| {
        let independent = rows[at / n_b] * columns[at % n_b];
        p / total * (p * total / independent).ln()
    });
    terms.sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::{bits, entropy, miller_madow, row_entropy, shared, soft_mutual_information};
    use crate::{label::ClassId, matrix::Probabilities};

    #[derive(serde::Deserialize)]
    struct Labels {
        n_classes: usize,
        x: Vec<u16>,
        y: Vec<u16>,
        entropy_x: f64,
        entropy_y: f64,
        joint: f64,
        mutual_information: f64,
        normalised: f64,
    }

    #[derive(serde::Deserialize)]
    struct Soft {
        n_a: usize,
        n_b: usize,
        a: Vec<f32>,
        b: Vec<f32>,
        mutual_information: f64,
        first_row_entropy: f64,
    }

    #[derive(serde::Deserialize)]
    struct Reference {
        labels: Vec<Labels>,
        soft: Vec<Soft>,
    }

    fn reference() -> Reference {
        let json = include_str!("../reference/information.json");
        serde_json::from_str(json).expect("written by information.py")
    }

    fn pairs(x: &[u16], y: &[u16]) -> Vec<(ClassId, ClassId)> {
        x.iter().zip(y).map(|(&x, &y)| (ClassId(x), ClassId(y))).collect()
    }

    fn close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() < tolerance, "{got} is not {expected}");
    }

    #[test]
    fn labels_match_scikit_learn_and_scipy() {
        for case in reference().labels {
            let got = shared(case.n_classes, &pairs(&case.x, &case.y));
            close(got.entropy_x, case.entropy_x, 1e-12);
            close(got.entropy_y, case.entropy_y, 1e-12);
            close(got.joint, case.joint, 1e-12);
            close(got.x_given_y, case.joint - case.entropy_y, 1e-12);
            close(got.y_given_x, case.joint - case.entropy_x, 1e-12);
            close(got.mutual_information, case.mutual_information, 1e-12);
            close(got.normalised.expect("two classes occur"), case.normalised, 1e-12);
        }
    }

    #[test]
    fn soft_labels_match_scipy() {
        for case in reference().soft {
            let a = Probabilities::softmax(case.n_a, case.a).expect("finite");
            let b = Probabilities::softmax(case.n_b, case.b).expect("finite");
            close(soft_mutual_information(&a, &b), case.mutual_information, 1e-6);
            close(row_entropy(a.row(crate::pool::Row(0))), case.first_row_entropy, 1e-6);
        }
    }

    /// The same value by two roads: hard labels counted, and as one-hot rows,
    /// over more rows than one chunk.
    #[test]
    fn one_hot_rows_give_the_mutual_information_of_labels() {
        let mut rng = fastrand::Rng::with_seed(1);
        let x: Vec<u16> = (0..5_000).map(|_| rng.u16(0..3)).collect();
        let y: Vec<u16> = x.iter().map(|it| if rng.bool() { *it } else { rng.u16(0..3) }).collect();
        let one_hot = |labels: &[u16]| {
            let logits = labels
                .iter()
                .flat_map(|it| (0..3).map(move |c| f32::from(u8::from(c == *it)) * 1e4));
            Probabilities::softmax(3, logits.collect()).expect("finite")
        };
        let soft = soft_mutual_information(&one_hot(&x), &one_hot(&y));
        close(soft, shared(3, &pairs(&x, &y)).mutual_information, 1e-6);
    }

    #[test]
    fn textbook_values() {
        close(bits(entropy(&[1, 1, 1, 1])), 2.0, 1e-12);
        close(bits(row_entropy(&[0.5, 0.5, 0.0])), 1.0, 1e-12);
        assert_eq!((entropy(&[7]), entropy(&[]), miller_madow(&[])), (0.0, 0.0, 0.0));
        let renamed = shared(2, &pairs(&[0, 0, 1, 1], &[1, 1, 0, 0]));
        assert_eq!(renamed.normalised, Some(1.0));
        assert_eq!(shared(2, &pairs(&[0, 0], &[1, 1])).normalised, None);
        assert_eq!((shared(2, &[]).n, shared(2, &[]).mutual_information), (0, 0.0));
    }

    /// What the correction is for: entropy of 8 equally likely values from 40
    /// draws, and the information of two independent labellings.
    #[test]
    fn the_correction_removes_over_half_of_the_bias() {
        let mut rng = fastrand::Rng::with_seed(2);
        let (mut plain, mut corrected, mut shared_plain, mut shared_corrected) =
            (0.0, 0.0, 0.0, 0.0);
        let draws = 2_000;
        for _ in 0..draws {
            let pairs: Vec<_> =
                (0..40).map(|_| (ClassId(rng.u16(0..8)), ClassId(rng.u16(0..2)))).collect();
            let mut counts = [0; 8];
            for (x, _) in &pairs {
                counts[x.index()] += 1;
            }
            plain += (8.0_f64.ln() - entropy(&counts)) / f64::from(draws);
            corrected += (8.0_f64.ln() - miller_madow(&counts)) / f64::from(draws);
            let shared = shared(8, &pairs);
            shared_plain += shared.mutual_information / f64::from(draws);
            shared_corrected += shared.corrected / f64::from(draws);
        }
        assert!(0.08 < plain && corrected.abs() < plain / 2.5, "{plain} {corrected}");
        assert!(shared_corrected.abs() < shared_plain / 2.5, "{shared_plain} {shared_corrected}");
    }
}
