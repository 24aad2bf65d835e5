//! Replays a labelled pool: how many answers a run takes, and whether its
//! certificate was true.
//!
//! Drives the same [`steer::next`] as a project does, in memory and with an
//! oracle instead of people. It knows no store, and the model is the caller's.

use std::collections::BTreeMap;

use annota_core::{
    acquire::{SelectInput, Strategy, select},
    certify::{Certificate, Goal},
    label::{ClassId, Label, Purpose},
    matrix::Embeddings,
    model::{Predictions, TaskModel},
    pool::{Pool, Row},
    steer::{self, Fact, Question, Situation, Step},
};

use crate::{Error, Watch, train::untrainable};

/// How a pool is replayed.
#[derive(Clone, Copy)]
pub struct SimulateConfig<'a> {
    /// What is to be shown.
    pub goal: Goal,
    /// The query strategy while training; `None` for the default policy.
    pub strategy: Option<Strategy>,
    /// Share of answers that are wrong, uniformly over the other classes; an
    /// item gets the same answer whenever it is asked about.
    pub noise: f64,
    /// The most items that may be answered.
    pub budget: Option<u32>,
    /// Equal seeds give equal runs.
    pub rng_seed: u64,
    /// Says between two turns whether to stop.
    pub watch: &'a dyn Watch,
}

/// The model after one fit, measured against the gold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Items answered so far.
    pub n_answers: u32,
    /// Share of the items not answered whose label is right.
    pub accuracy: f64,
    /// The same as the run estimated it.
    pub estimated_accuracy: f64,
}

/// What a replay came to. Answers are counted by item, each once.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Items of the pool.
    pub n_items: u32,
    /// Classes of the schema.
    pub n_classes: usize,
    /// Items answered to train on, chosen by the strategy.
    pub n_training: u32,
    /// Items answered to train on, drawn at random.
    pub n_random: u32,
    /// Items audited.
    pub n_audit: u32,
    /// Items answered because the audit did not vouch for them.
    pub n_left_to_people: u32,
    /// Items with a final label, from people or from the model: all of them,
    /// unless the budget was spent before anything was shown. Then the model's
    /// labels count for nothing, and only what was answered is labelled.
    pub n_labelled: u32,
    /// Share of the final labels that differ from the gold; items without a
    /// final label are not among them.
    pub true_error: f64,
    /// The same against what the oracle says, which is what is certified.
    pub error: f64,
    /// Share of all items that keep the model's label.
    pub coverage: f64,
    /// What the audit has shown, if it came to its end.
    pub certificate: Option<Certificate>,
    /// Whether every item has a final label and these meet the goal, against
    /// the oracle.
    pub is_held: bool,
    /// One point per fit before the audit.
    pub curve: Vec<CurvePoint>,
}

impl Run {
    /// Items answered by people.
    pub fn n_answers(&self) -> u32 {
        self.n_training + self.n_random + self.n_audit + self.n_left_to_people
    }
}

/// Labels the whole pool of `embeddings` with `model`, asking an oracle that
/// knows `gold`, the class of every row, until the goal of `config` is shown or
/// everything is answered.
///
/// # Errors
///
/// [`Error::Input`] if the model cannot be fitted; [`Error::Interrupted`] if the
/// watcher asked to stop.
///
/// # Panics
///
/// If there is not one gold class per row.
pub fn simulate(
    embeddings: &Embeddings,
    gold: &[ClassId],
    n_classes: usize,
    model: &mut dyn TaskModel,
    config: &SimulateConfig<'_>,
) -> Result<Run, Error> {
    assert!(gold.len() == embeddings.n_rows() as usize, "one gold class per row");
    let oracle = Oracle::new(gold, n_classes, config);
    let mut replay = Replay {
        embeddings,
        n_classes,
        config,
        oracle: &oracle,
        facts: Vec::new(),
        predictions: None,
        frozen_labels: None,
        curve: Vec::new(),
    };
    let certificate = replay.run(model)?;
    Ok(replay.into_run(gold, certificate))
}

/// Knows what every item is answered with.
struct Oracle {
    answers: Vec<Label>,
}

impl Oracle {
    fn new(gold: &[ClassId], n_classes: usize, config: &SimulateConfig<'_>) -> Oracle {
        let mut rng = fastrand::Rng::with_seed(config.rng_seed ^ 0x0a7a_c1e5);
        let others = u16::try_from(n_classes - 1).expect("a schema fits in u16");
        let answer = |class: &ClassId| {
            let is_wrong = rng.f64() < config.noise;
            let other = ClassId((class.0 + 1 + rng.u16(0..others)) % (others + 1));
            Label::Class(if is_wrong { other } else { *class })
        };
        Oracle { answers: gold.iter().map(answer).collect() }
    }

    fn answer(&self, row: Row) -> Label {
        self.answers[row.index()].clone()
    }
}

struct Replay<'a> {
    embeddings: &'a Embeddings,
    n_classes: usize,
    config: &'a SimulateConfig<'a>,
    oracle: &'a Oracle,
    facts: Vec<Fact>,
    predictions: Option<Predictions>,
    frozen_labels: Option<Vec<Label>>,
    curve: Vec<CurvePoint>,
}

impl Replay<'_> {
    fn run(&mut self, model: &mut dyn TaskModel) -> Result<Option<Certificate>, Error> {
        loop {
            if self.config.watch.interrupted() {
                return Err(Error::Interrupted);
            }
            let answers = steer::learnable(&self.facts);
            if !answers.is_empty() {
                let predictions = model.fit_predict(&answers, self.config.rng_seed);
                self.predictions = Some(predictions.map_err(untrainable)?);
            }
            let situation = self.situation(model);
            let step = steer::next(&situation);
            if self.frozen_labels.is_none()
                && let Some(point) = self.measure(&situation)
            {
                self.curve.push(point);
            }
            match step {
                Step::Ask(questions) => {
                    let questions = self.by_strategy(questions);
                    self.answer(&questions);
                }
                Step::Audit { rows, .. } => self.audit(&rows),
                Step::Rest { excluded, .. } => {
                    excluded.into_iter().for_each(|row| self.record(row, Purpose::Remainder));
                }
                Step::Done(certificate) => return Ok(Some(certificate)),
                Step::AllAnswered | Step::BudgetSpent => return Ok(None),
            }
        }
    }

    fn situation<'a>(&'a self, model: &'a dyn TaskModel) -> Situation<'a> {
        Situation {
            goal: self.config.goal,
            budget: self.config.budget,
            n_classes: self.n_classes,
            embeddings: self.embeddings,
            facts: &self.facts,
            predictions: self.predictions.as_ref(),
            out_of_fold: model.out_of_fold(),
            frozen_labels: self.frozen_labels.as_deref(),
            least_batch: 0,
            rng_seed: self.config.rng_seed,
        }
    }

    fn record(&mut self, row: Row, purpose: Purpose) {
        self.facts.push(Fact { row, label: self.oracle.answer(row), purpose });
    }

    fn answer(&mut self, questions: &[Question]) {
        questions.iter().for_each(|it| self.record(it.row, it.purpose));
    }

    fn audit(&mut self, rows: &[Row]) {
        let predictions = self.predictions.as_ref().expect("an audit is of predictions");
        self.frozen_labels = Some(predictions.labels.clone());
        rows.iter().for_each(|row| self.record(*row, Purpose::Audit));
    }

    /// The same number of questions by the strategy asked for.
    fn by_strategy(&self, questions: Vec<Question>) -> Vec<Question> {
        let Some(strategy) = self.config.strategy else { return questions };
        let mut answered: Vec<Row> = self.facts.iter().map(|it| it.row).collect();
        answered.sort_unstable();
        let pool = Pool::new(self.embeddings.n_rows(), &answered, &[]);
        let input = SelectInput {
            pool: &pool,
            embeddings: self.embeddings,
            predictions: self.predictions.as_ref(),
            n_classes: self.n_classes,
        };
        let seed = self.config.rng_seed.wrapping_add(answered.len() as u64);
        let chosen = select(strategy, &input, questions.len(), seed);
        let question =
            |row, reason| Question { row, purpose: Purpose::Training, reason: Some(reason) };
        chosen.into_iter().map(|it| question(it.row, it.reason)).collect()
    }

    fn measure(&self, situation: &Situation<'_>) -> Option<CurvePoint> {
        let predictions = self.predictions.as_ref()?;
        let mut is_open = vec![true; self.embeddings.n_rows() as usize];
        self.facts.iter().for_each(|it| is_open[it.row.index()] = false);
        let open: Vec<Row> =
            (0..self.embeddings.n_rows()).map(Row).filter(|row| is_open[row.index()]).collect();
        let n_open = open.len().max(1) as f64;
        let is_right =
            |row: &&Row| predictions.labels[row.index()].agrees(&self.oracle.answer(**row));
        let expected_errors: f64 = steer::risks(situation, &open).iter().sum();
        Some(CurvePoint {
            n_answers: self.embeddings.n_rows() - u32::try_from(open.len()).ok()?,
            accuracy: open.iter().filter(is_right).count() as f64 / n_open,
            estimated_accuracy: 1.0 - expected_errors / n_open,
        })
    }

    fn into_run(self, gold: &[ClassId], certificate: Option<Certificate>) -> Run {
        let n_items = self.embeddings.n_rows();
        let auto_labelled: &[Row] = certificate.as_ref().map_or(&[], |it| &it.auto_labelled);
        let labels = self.final_labels(auto_labelled);
        let differing = |truth: &dyn Fn(Row) -> Label| {
            let n_wrong = labels.iter().filter(|(row, label)| !label.agrees(&truth(**row))).count();
            n_wrong as f64 / labels.len().max(1) as f64
        };
        let error = differing(&|row| self.oracle.answer(row));
        let is_complete = labels.len() == n_items as usize;
        let counts = self.count_by_first_purpose();
        let count = |purpose| counts.iter().filter(|it| **it == Some(purpose)).count() as u32;
        Run {
            n_items,
            n_classes: self.n_classes,
            n_training: count(Purpose::Training),
            n_random: count(Purpose::Random),
            n_audit: count(Purpose::Audit),
            n_left_to_people: count(Purpose::Remainder),
            n_labelled: labels.len() as u32,
            true_error: differing(&|row| Label::Class(gold[row.index()])),
            error,
            coverage: auto_labelled.len() as f64 / f64::from(n_items.max(1)),
            is_held: is_complete && error <= self.config.goal.max_error() + 1e-12,
            certificate,
            curve: self.curve,
        }
    }

    /// What people answered, and what was frozen of `auto_labelled`.
    fn final_labels(&self, auto_labelled: &[Row]) -> BTreeMap<Row, Label> {
        let answered = self.facts.iter().map(|it| (it.row, it.label.clone()));
        let frozen = self.frozen_labels.as_deref().unwrap_or_default();
        let accepted = auto_labelled.iter().map(|it| (*it, frozen[it.index()].clone()));
        answered.chain(accepted).collect()
    }

    fn count_by_first_purpose(&self) -> Vec<Option<Purpose>> {
        let mut first = vec![None; self.embeddings.n_rows() as usize];
        for fact in &self.facts {
            first[fact.row.index()].get_or_insert(fact.purpose);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use annota_core::{
        certify::Goal, head::class_model::ClassModel, label::ClassId, matrix::Embeddings,
    };

    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{Run, SimulateConfig, simulate};
    use crate::{Error, Unwatched, Watch};

    /// Three overlapping clouds.
    fn pool(rng_seed: u64) -> (Embeddings, Vec<ClassId>) {
        let mut rng = fastrand::Rng::with_seed(rng_seed);
        let (mut values, mut gold) = (Vec::new(), Vec::new());
        for row in 0..499_u16 {
            let class = row % 3;
            let angle = 2.1 * f32::from(class) + 1.9 * (rng.f32() - 0.5) + 1.0 * (rng.f32() - 0.5);
            values.extend([angle.cos(), angle.sin(), 0.6 * (rng.f32() - 0.5), 0.5]);
            gold.push(ClassId(class));
        }
        (Embeddings::new(4, values), gold)
    }

    fn run(rng_seed: u64, noise: f64) -> Run {
        run_within(None, rng_seed, noise)
    }

    fn run_within(budget: Option<u32>, rng_seed: u64, noise: f64) -> Run {
        let goal = Goal::new(0.1, 0.9).expect("shares");
        let watch = &Unwatched;
        replayed(&SimulateConfig { goal, strategy: None, noise, budget, rng_seed, watch })
            .expect("there are answers")
    }

    fn replayed(config: &SimulateConfig<'_>) -> Result<Run, Error> {
        let (embeddings, gold) = pool(config.rng_seed);
        let mut model = ClassModel::new(&embeddings, 3);
        simulate(&embeddings, &gold, 3, &mut model, config)
    }

    /// Asks to stop after so many turns.
    struct StopsAfter(AtomicUsize);

    impl Watch for StopsAfter {
        fn progress(&self, _: &'static str, _: u64, _: Option<u64>) {}
        fn note(&self, _: &str) {}
        fn interrupted(&self) -> bool {
            self.0.fetch_sub(1, Ordering::Relaxed) == 1
        }
    }

    #[test]
    fn a_run_stops_between_two_turns() {
        let watch = StopsAfter(AtomicUsize::new(4));
        let goal = Goal::new(0.1, 0.9).expect("shares");
        let config = SimulateConfig {
            goal,
            strategy: None,
            noise: 0.0,
            budget: None,
            rng_seed: 1,
            watch: &watch,
        };
        let stopped = replayed(&config);
        assert!(matches!(stopped, Err(Error::Interrupted)), "{stopped:?}");
    }

    #[test]
    fn equal_seeds_give_equal_runs_and_every_item_is_accounted_for() {
        let first = run(4, 0.0);
        assert_eq!(first, run(4, 0.0));
        assert_eq!(first.n_items, 499);
        let covered = first.coverage * f64::from(first.n_items);
        assert!((f64::from(first.n_answers()) + covered - 499.0).abs() < 1e-6);
        assert!(!first.curve.is_empty());
    }

    #[test]
    fn goals_are_missed_in_at_most_alpha_of_the_runs_and_answers_are_saved() {
        let n_runs = 60;
        let runs: Vec<Run> = (0..n_runs).map(|seed| run(seed, 0.0)).collect();
        let missed = runs.iter().filter(|it| !it.is_held).count() as f64;
        let expected = 0.1 * n_runs as f64;
        assert!(missed <= expected + 3.0 * (expected * 0.9).sqrt(), "{missed} of {n_runs}");
        let answers: f64 = runs.iter().map(|it| f64::from(it.n_answers()) / 499.0).sum();
        assert!(answers / (n_runs as f64) < 0.6, "{}", answers / n_runs as f64);
    }

    #[test]
    fn what_is_not_labelled_when_the_budget_is_spent_counts_for_nothing() {
        let trained = run_within(Some(50), 4, 0.1);
        assert_eq!((trained.certificate.as_ref(), trained.is_held), (None, false));
        assert_eq!((trained.n_labelled, trained.n_answers(), trained.n_audit), (50, 50, 0));
        assert_eq!((trained.coverage, trained.error), (0.0, 0.0));
        let n_wrong = 50.0 * trained.true_error;
        assert!(1.0 <= n_wrong && (n_wrong - n_wrong.round()).abs() < 1e-9, "{n_wrong}");

        let leaves_some = |seed: &u64| 0 < run(*seed, 0.0).n_left_to_people;
        let seed = (0..20).find(leaves_some).expect("an audit that leaves some to people");
        let whole = run(seed, 0.0);
        assert_eq!(whole.n_labelled, 499);
        let budget = whole.n_answers() - whole.n_left_to_people;
        let audited = run_within(Some(budget), seed, 0.0);
        assert_eq!((audited.certificate.as_ref(), audited.is_held), (None, false));
        assert_eq!((audited.n_audit, audited.coverage), (whole.n_audit, 0.0));
        assert_eq!((audited.n_labelled, audited.n_answers()), (budget, budget));
    }

    #[test]
    fn a_noisy_oracle_is_certified_against_itself() {
        let clean = run(1, 0.0);
        assert_eq!(clean.error, clean.true_error);
        let noisy: Vec<Run> = (1..6).map(|seed| run(seed, 0.05)).collect();
        assert!(noisy.iter().all(|it| 0.0 < it.error && it.is_held == (it.error <= 0.1)));
        // In one run the two can be equal by chance.
        assert!(noisy.iter().any(|it| it.error != it.true_error));
    }
}
