//! Exponentials and normalisation of short rows of logits.

/// `e^x` for `x <= 0`, relative error below 2e-7; underflows to about 1e-38.
///
/// Free of branches and calls, so that loops over it become vector code, which
/// the standard library's `exp` does not.
#[inline]
pub(crate) fn exp_of_negative(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to an integer and leaves it, with the exponent's
    // bias, in the low bits.
    const ROUND: f32 = 12_582_912.0 + 127.0;
    let scaled = x.max(-87.0) * std::f32::consts::LOG2_E;
    let shifted = scaled + ROUND;
    let fraction = (scaled - (shifted - ROUND)) * std::f32::consts::LN_2;
    let power_of_two = f32::from_bits(shifted.to_bits() << 23);
    let series = 1.0 / 120.0 + fraction * (1.0 / 720.0 + fraction / 5_040.0);
    let series = 1.0 / 6.0 + fraction * (1.0 / 24.0 + fraction * series);
    let series = 1.0 + fraction * (1.0 + fraction * (0.5 + fraction * series));
    series * power_of_two
}

/// Replaces `logits` by their softmax; returns the logarithm of the sum of
/// their exponentials.
pub(crate) fn softmax_in_place(logits: &mut [f32]) -> f32 {
    let max = logits.iter().copied().fold(f32::MIN, |a, b| if a < b { b } else { a });
    for it in &mut *logits {
        *it = exp_of_negative(*it - max);
    }
    let sum: f32 = logits.iter().sum();
    let inverse = 1.0 / sum;
    for it in &mut *logits {
        *it *= inverse;
    }
    max + sum.ln()
}

/// Replaces `logits` by the logarithms of their softmax.
pub(crate) fn log_softmax_in_place(logits: &mut [f32]) {
    let max = logits.iter().copied().fold(f32::MIN, |a, b| if a < b { b } else { a });
    let sum: f32 = logits.iter().map(|it| exp_of_negative(it - max)).sum();
    let log_sum = max + sum.ln();
    for it in &mut *logits {
        *it -= log_sum;
    }
}

/// The largest probability of the softmax of `scale · logits`.
pub(crate) fn largest_probability(logits: &[f32], scale: f32) -> f32 {
    let max = logits.iter().copied().fold(f32::MIN, |a, b| if a < b { b } else { a });
    1.0 / logits.iter().map(|it| exp_of_negative(scale * (it - max))).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::{exp_of_negative, largest_probability, log_softmax_in_place, softmax_in_place};

    #[test]
    fn exponentials_match_the_standard_library() {
        for step in 0..43_500_u16 {
            let x = -f32::from(step) / 500.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp_of_negative(x)) - expected).abs() / expected;
            assert!(error < 1e-5_f64.min(2e-7 * (1.0 + f64::from(-x))), "exp({x}): {error}");
        }
        assert!((0.0..1e-37).contains(&exp_of_negative(-1e9)));
    }

    #[test]
    fn softmax_and_its_logarithm_agree() {
        let logits = [1.0, -2.0, 3.0, 0.5];
        let (mut p, mut log_p) = (logits, logits);
        let log_sum = softmax_in_place(&mut p);
        log_softmax_in_place(&mut log_p);
        assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((largest_probability(&logits, 1.0) - p[2]).abs() < 1e-6);
        for ((p, log_p), logit) in p.iter().zip(log_p).zip(logits) {
            assert!((p.ln() - log_p).abs() < 1e-5 && (logit - log_sum - log_p).abs() < 1e-5);
        }
    }
}
