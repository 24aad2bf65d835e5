//! Multinomial logistic regression by L-BFGS.
//!
//! Several fits on the same rows (folds, penalties) are solved in lockstep: the
//! matrix of features is read once per step for all of them, in two dense
//! products. Soft targets are allowed, so the same solver distils.

use std::collections::VecDeque;

use rayon::prelude::*;

use super::{
    curvature::{InverseCurvature, Moments},
    softmax::softmax_in_place,
};
use crate::linalg;

/// Pairs of steps that L-BFGS remembers.
const MEMORY: usize = 8;
const MAX_STEPS: usize = 300;
/// Share of the expected decrease that a step must bring (Armijo).
const SUFFICIENT_DECREASE: f64 = 1e-4;

/// A fitted regression: `softmax(weights · x + intercept)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// Length of one row of features.
    pub dim: usize,
    /// Shape `[classes, dim]`.
    pub weights: Vec<f32>,
    /// One per class.
    pub intercept: Vec<f32>,
}

impl Logistic {
    /// Unnormalised log-probabilities of `rows`, shape `[rows, dim]`; result of
    /// shape `[rows, classes]`.
    pub fn logits(&self, rows: &[f32]) -> Vec<f32> {
        let n_classes = self.intercept.len();
        let mut logits = vec![0.0; rows.len() / self.dim * n_classes];
        let blocks = logits.par_chunks_mut(256 * n_classes).zip(rows.par_chunks(256 * self.dim));
        blocks.for_each(|(out, rows)| {
            linalg::product_abt(rows, &self.weights, self.dim, out);
            for out in out.chunks_exact_mut(n_classes) {
                out.iter_mut().zip(&self.intercept).for_each(|(it, shift)| *it += shift);
            }
        });
        logits
    }
}

/// The rows that several regressions learn from.
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    /// Features, shape `[rows, dim]`.
    pub features: &'a [f32],
    /// Length of one row of features.
    pub dim: usize,
    /// Probability of every class, shape `[rows, classes]`, each row summing to 1.
    pub targets: &'a [f32],
    /// Number of classes.
    pub n_classes: usize,
}

/// One regression to fit on [`Training`].
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    /// Which rows it must not see; none if empty.
    pub held_out: &'a [bool],
    /// Ridge per coordinate: half of `ridge[j] · w²` is added for every weight
    /// on coordinate `j`. Constant `1 / C` is scikit-learn's `C`.
    pub ridge: &'a [f32],
    /// Where to start; zero if none.
    pub start: Option<&'a Logistic>,
}

/// The minimisers of summed cross-entropy plus ridge, intercepts free, one per
/// problem.
///
/// Stops where the decrease expected of the next step is at most `tolerance`
/// times the loss: 1e-4 settles predictions, 1e-8 the coefficients. Cost per
/// step `O(problems · rows · dim · classes)` on all cores. The result does not
/// depend on the number of threads.
///
/// Liu, Nocedal (1989), *On the limited memory BFGS method for large scale
/// optimization*, Mathematical Programming; preconditioned by the bound of the
/// Hessian of Böhning (1992), *Multinomial logistic regression algorithm*, AISM,
/// or by its diagonal.
///
/// # Panics
///
/// If the shapes do not fit each other or there is no row.
pub fn fit(training: Training<'_>, problems: &[Problem<'_>], tolerance: f64) -> Vec<Logistic> {
    let Training { features, dim, targets, n_classes } = training;
    assert!(0 < dim && 0 < n_classes && !features.is_empty(), "nothing to learn from");
    assert!(features.len() / dim == targets.len() / n_classes, "one target per row");
    let moments = Moments::worth_it(features, dim, problems.len() * n_classes);
    let mut solvers: Vec<Solver<'_>> =
        problems.par_iter().map(|it| Solver::new(training, it, moments.as_ref())).collect();
    for _ in 0..MAX_STEPS {
        let mut active: Vec<&mut Solver<'_>> =
            solvers.iter_mut().filter(|it| !it.is_done).collect();
        if active.is_empty() {
            break;
        }
        let losses = losses_and_gradients(training, &active);
        active.par_iter_mut().zip(losses).for_each(|(solver, (loss, gradient))| {
            solver.advance(loss, gradient, tolerance);
        });
    }
    solvers.into_iter().map(|it| it.into_logistic(dim)).collect()
}

/// Summed cross-entropy plus ridge of `logistic`: what [`fit`] minimises.
pub fn objective(training: Training<'_>, problem: &Problem<'_>, logistic: &Logistic) -> f64 {
    let start = Problem { start: Some(logistic), ..problem.clone() };
    let mut solver = Solver::new(training, &start, None);
    let (loss, mut gradient) = losses_and_gradients(training, &[&mut solver]).remove(0);
    loss + solver.add_ridge(&mut gradient)
}

/// One regression on its way: weights, row by row, then the intercepts.
struct Solver<'a> {
    problem: Problem<'a>,
    n_classes: usize,
    inverse_curvature: InverseCurvature,
    /// Where the loss is asked for next.
    trial: Vec<f32>,
    accepted: Option<Accepted>,
    memory: VecDeque<Pair>,
    is_done: bool,
}

/// The best point so far, and the step being tried from it.
struct Accepted {
    parameters: Vec<f32>,
    gradient: Vec<f32>,
    loss: f64,
    direction: Vec<f32>,
    slope: f64,
    step: f64,
}

/// A step taken and the change of gradient along it.
struct Pair {
    step: Vec<f32>,
    change: Vec<f32>,
    curvature: f64,
}

impl<'a> Solver<'a> {
    fn new(training: Training<'_>, problem: &Problem<'a>, moments: Option<&Moments>) -> Solver<'a> {
        let Training { dim, n_classes, .. } = training;
        assert!(problem.ridge.len() == dim, "one ridge per coordinate");
        let full = moments.and_then(|it| InverseCurvature::full(it, problem.ridge, n_classes));
        let trial = match problem.start {
            Some(start) => [start.weights.as_slice(), &start.intercept].concat(),
            None => vec![0.0; n_classes * (dim + 1)],
        };
        assert!(trial.len() == n_classes * (dim + 1), "a start of another shape");
        Solver {
            problem: problem.clone(),
            n_classes,
            inverse_curvature: full.unwrap_or_else(|| diagonal_curvature(training, problem)),
            trial,
            accepted: None,
            memory: VecDeque::new(),
            is_done: false,
        }
    }

    fn weights(&self) -> &[f32] {
        &self.trial[..self.trial.len() - self.n_classes]
    }

    fn intercept(&self) -> &[f32] {
        &self.trial[self.trial.len() - self.n_classes..]
    }

    /// Adds the ridge's gradient; returns its value.
    fn add_ridge(&self, gradient: &mut [f32]) -> f64 {
        let ridge = self.problem.ridge;
        let mut penalty = 0.0;
        let per_class =
            self.weights().chunks_exact(ridge.len()).zip(gradient.chunks_mut(ridge.len()));
        for (weights, gradient) in per_class {
            for ((weight, gradient), ridge) in weights.iter().zip(gradient).zip(ridge) {
                *gradient += ridge * weight;
                penalty += f64::from(ridge * weight * weight);
            }
        }
        penalty / 2.0
    }

    /// Takes the loss and gradient at `trial`, without the ridge, and moves on.
    fn advance(&mut self, loss: f64, mut gradient: Vec<f32>, tolerance: f64) {
        let loss = loss + self.add_ridge(&mut gradient);
        if let Some(accepted) = &mut self.accepted {
            let bound = SUFFICIENT_DECREASE * accepted.step * accepted.slope;
            // Near the optimum the decrease drowns in the rounding of f32.
            let rounding = 1e-7 * accepted.loss.abs();
            if accepted.loss + bound + rounding < loss || !loss.is_finite() {
                accepted.step /= if loss.is_finite() { 3.0 } else { 10.0 };
                self.is_done = accepted.step < 1e-6;
                self.set_trial();
                return;
            }
            let step: Vec<f32> =
                self.trial.iter().zip(&accepted.parameters).map(|(a, b)| a - b).collect();
            let change: Vec<f32> =
                gradient.iter().zip(&accepted.gradient).map(|(a, b)| a - b).collect();
            let curvature = product(&step, &change);
            if 1e-12 * product(&step, &step) < curvature {
                if self.memory.len() == MEMORY {
                    self.memory.pop_front();
                }
                self.memory.push_back(Pair { step, change, curvature });
            }
        }
        let direction = self.direction(&gradient);
        let slope = product(&direction, &gradient);
        self.is_done = -slope <= 2.0 * tolerance * loss;
        let parameters = self.trial.clone();
        self.accepted = Some(Accepted { parameters, gradient, loss, direction, slope, step: 1.0 });
        if !self.is_done {
            self.set_trial();
        }
    }

    fn set_trial(&mut self) {
        let Some(accepted) = &self.accepted else { return };
        let step = if self.is_done { 0.0 } else { accepted.step as f32 };
        let moves = accepted.parameters.iter().zip(&accepted.direction);
        self.trial = moves.map(|(from, direction)| from + step * direction).collect();
    }

    /// Minus the inverse Hessian, as far as remembered, times `gradient`.
    fn direction(&self, gradient: &[f32]) -> Vec<f32> {
        let mut direction: Vec<f32> = gradient.iter().map(|it| -it).collect();
        let mut shares = Vec::with_capacity(self.memory.len());
        for pair in self.memory.iter().rev() {
            let share = product(&pair.step, &direction) / pair.curvature;
            add_scaled(&mut direction, -share, &pair.change);
            shares.push(share);
        }
        let scale = self.memory.back().map_or(1.0, |pair| {
            let mut scaled = pair.change.clone();
            self.inverse_curvature.apply(&mut scaled);
            pair.curvature / product(&pair.change, &scaled)
        });
        self.inverse_curvature.apply(&mut direction);
        for it in &mut *direction {
            *it *= scale as f32;
        }
        for (pair, share) in self.memory.iter().zip(shares.into_iter().rev()) {
            let correction = share - product(&pair.change, &direction) / pair.curvature;
            add_scaled(&mut direction, correction, &pair.step);
        }
        direction
    }

    fn into_logistic(self, dim: usize) -> Logistic {
        let mut weights = self.accepted.map_or(self.trial, |it| it.parameters);
        let mut intercept = weights.split_off(weights.len() - self.n_classes);
        // The softmax does not see a common shift; without one, fits compare.
        let mean = intercept.iter().sum::<f32>() / self.n_classes as f32;
        for it in &mut *intercept {
            *it -= mean;
        }
        Logistic { dim, weights, intercept }
    }
}

/// From the rows that the problem sees.
fn diagonal_curvature(training: Training<'_>, problem: &Problem<'_>) -> InverseCurvature {
    let mut moments = vec![0.0_f32; training.dim];
    let mut n_seen = 0.0;
    for (row, values) in training.features.chunks_exact(training.dim).enumerate() {
        if problem.sees(row) {
            n_seen += 1.0;
            moments.iter_mut().zip(values).for_each(|(sum, x)| *sum += x * x);
        }
    }
    InverseCurvature::diagonal(&moments, n_seen, problem.ridge, training.n_classes)
}

impl Problem<'_> {
    fn sees(&self, row: usize) -> bool {
        self.held_out.is_empty() || !self.held_out[row]
    }
}

/// Per solver the summed cross-entropy at its trial point, and its gradient.
fn losses_and_gradients(
    training: Training<'_>,
    solvers: &[&mut Solver<'_>],
) -> Vec<(f64, Vec<f32>)> {
    let Training { features, dim, targets, n_classes } = training;
    let n_rows = features.len() / dim;
    // A fixed number of parts, added in order: threads do not change the sum.
    let part_len = n_rows.div_ceil(8).clamp(64, 4_096);
    let weights: Vec<f32> = solvers.iter().flat_map(|it| it.weights()).copied().collect();
    let parts: Vec<Part> = features
        .par_chunks(part_len * dim)
        .zip(targets.par_chunks(part_len * n_classes))
        .enumerate()
        .map(|(part, (features, targets))| {
            let rows = Training { features, targets, ..training };
            Part::new(rows, part * part_len, solvers, &weights)
        })
        .collect();

    let width = n_classes * dim;
    (0..solvers.len())
        .into_par_iter()
        .map(|solver| {
            let mut gradient = vec![0.0; width + n_classes];
            let mut loss = 0.0;
            for part in &parts {
                loss += part.losses[solver];
                let (weights, intercept) = gradient.split_at_mut(width);
                let gradients = &part.weights[solver * width..][..width];
                weights.iter_mut().zip(gradients).for_each(|(sum, it)| *sum += it);
                let gradients = &part.intercept[solver * n_classes..][..n_classes];
                intercept.iter_mut().zip(gradients).for_each(|(sum, it)| *sum += it);
            }
            (loss, gradient)
        })
        .collect()
}

/// Losses and gradients of all solvers on some of the rows.
struct Part {
    losses: Vec<f64>,
    weights: Vec<f32>,
    intercept: Vec<f32>,
}

impl Part {
    fn new(rows: Training<'_>, first: usize, solvers: &[&mut Solver<'_>], weights: &[f32]) -> Part {
        let Training { features, dim, targets, n_classes } = rows;
        let n_rows = features.len() / dim;
        let width = solvers.len() * n_classes;
        let mut residuals = vec![0.0; n_rows * width];
        linalg::product_abt(features, weights, dim, &mut residuals);
        let mut losses = vec![0.0; solvers.len()];
        let mut intercept = vec![0.0; width];
        let targets = targets.chunks_exact(n_classes);
        for (row, (residuals, targets)) in
            residuals.chunks_exact_mut(width).zip(targets).enumerate()
        {
            for (position, solver) in solvers.iter().enumerate() {
                let residuals = &mut residuals[position * n_classes..][..n_classes];
                if solver.problem.sees(first + row) {
                    losses[position] += residual_in_place(residuals, targets, solver.intercept());
                } else {
                    residuals.fill(0.0);
                }
            }
            intercept.iter_mut().zip(&*residuals).for_each(|(sum, it)| *sum += it);
        }
        let mut gradients = vec![0.0; weights.len()];
        linalg::product_atb(&residuals, features, n_rows, &mut gradients);
        Part { losses, weights: gradients, intercept }
    }
}

/// Replaces a row of logits without intercept by probabilities minus targets;
/// returns the cross-entropy.
fn residual_in_place(logits: &mut [f32], targets: &[f32], intercept: &[f32]) -> f64 {
    logits.iter_mut().zip(intercept).for_each(|(it, shift)| *it += shift);
    let linear: f32 = logits.iter().zip(targets).map(|(it, target)| it * target).sum();
    let log_sum = softmax_in_place(logits);
    logits.iter_mut().zip(targets).for_each(|(it, target)| *it -= target);
    f64::from(log_sum - linear)
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    let parts = a.chunks(4_096).zip(b.chunks(4_096));
    parts.map(|(a, b)| f64::from(linalg::dot(a, b))).sum()
}

fn add_scaled(to: &mut [f32], scale: f64, what: &[f32]) {
    let scale = scale as f32;
    to.iter_mut().zip(what).for_each(|(it, what)| *it += scale * what);
}

#[cfg(test)]
mod tests {
    use super::{Logistic, Problem, Training, fit, objective};

    #[derive(serde::Deserialize)]
    struct Reference {
        logistic: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        dim: usize,
        n_classes: usize,
        features: Vec<f32>,
        classes: Vec<usize>,
        weights: Vec<f32>,
        intercept: Vec<f32>,
        objective: f64,
    }

    impl Case {
        fn targets(&self) -> Vec<f32> {
            let mut targets = vec![0.0; self.classes.len() * self.n_classes];
            for (targets, class) in targets.chunks_exact_mut(self.n_classes).zip(&self.classes) {
                targets[*class] = 1.0;
            }
            targets
        }
    }

    /// scikit-learn's `LogisticRegression(C=10)`; regenerate with `reference/head.py`.
    fn cases() -> Vec<Case> {
        let text = include_str!("../../reference/head.json");
        serde_json::from_str::<Reference>(text).expect("reference/head.json").logistic
    }

    fn check(case: &Case, fitted: &Logistic) {
        let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 5e-3);
        assert!(close(&fitted.weights, &case.weights), "{:?}", fitted.weights);
        assert!(close(&fitted.intercept, &case.intercept), "{:?}", fitted.intercept);
    }

    #[test]
    fn coefficients_and_objective_match_scikit_learn() {
        for case in cases() {
            let targets = case.targets();
            let (features, dim, n_classes) = (&case.features, case.dim, case.n_classes);
            let training = Training { features, dim, targets: &targets, n_classes };
            let problem = Problem { held_out: &[], ridge: &vec![0.1; dim], start: None };
            let fitted = fit(training, std::slice::from_ref(&problem), 1e-8).remove(0);
            check(&case, &fitted);
            let value = objective(training, &problem, &fitted);
            assert!((value / case.objective - 1.0).abs() < 1e-5, "{value} {}", case.objective);
            let rough = fit(training, std::slice::from_ref(&problem), 1e-4).remove(0);
            let rough = objective(training, &problem, &rough);
            assert!((rough / case.objective - 1.0).abs() < 1e-3, "{rough}");
        }
    }

    /// Rows held out of a problem must not change it, nor must its company.
    #[test]
    fn held_out_rows_are_not_seen() {
        let case = cases().remove(0);
        let mut targets = case.targets();
        let n_rows = case.classes.len();
        let (dim, n_classes) = (case.dim, case.n_classes);
        let features = [case.features.as_slice(), &vec![7.0; 3 * dim]].concat();
        targets.extend([1.0, 0.0, 0.0].repeat(3));
        let training = Training { features: &features, dim, targets: &targets, n_classes };
        let held_out: Vec<bool> = (0..n_rows + 3).map(|row| n_rows <= row).collect();
        let (ridge, other) = (vec![0.1; dim], vec![3.0; dim]);
        let problems = [
            Problem { held_out: &[], ridge: &other, start: None },
            Problem { held_out: &held_out, ridge: &ridge, start: None },
        ];
        let fitted = fit(training, &problems, 1e-8);
        check(&case, &fitted[1]);
        let warm = Problem { start: Some(&fitted[0]), ..problems[1].clone() };
        check(&case, &fit(training, &[warm], 1e-8)[0]);
    }

    /// Scaling a coordinate is the same as scaling its ridge.
    #[test]
    fn ridge_is_per_coordinate() {
        let case = cases().remove(0);
        let targets = case.targets();
        let (dim, n_classes) = (case.dim, case.n_classes);
        let mut features = case.features.clone();
        features.chunks_exact_mut(dim).for_each(|row| row[1] *= 4.0);
        let training = Training { features: &features, dim, targets: &targets, n_classes };
        let mut ridge = vec![0.1; dim];
        ridge[1] *= 16.0;
        let problem = Problem { held_out: &[], ridge: &ridge, start: None };
        let mut fitted = fit(training, &[problem], 1e-8).remove(0);
        fitted.weights.chunks_exact_mut(dim).for_each(|row| row[1] *= 4.0);
        check(&case, &fitted);
    }

    #[test]
    fn one_class_is_fitted_and_certain() {
        let training = Training {
            features: &[1.0, 2.0, 3.0, 4.0],
            dim: 2,
            targets: &[1.0, 1.0],
            n_classes: 1,
        };
        let problem = Problem { held_out: &[], ridge: &[0.1, 0.1], start: None };
        let fitted = fit(training, &[problem], 1e-4).remove(0);
        assert_eq!(fitted.logits(&[5.0, 6.0]), [0.0]);
    }
}
