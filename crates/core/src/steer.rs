//! What to do next: ask, audit, leave to people, or stop.
//!
//! A pure function of the facts so far. The loop on a store and the simulation
//! call the same one, and a run resumes from its facts and the audit it had
//! drawn. It asks nobody and trains nothing; whoever drives it fits the model on
//! [`learnable`] facts, and has all drawn items answered before the next step.
//!
//! A run goes through two stages. While it trains, the default policy chooses
//! what to ask. As soon as the labels are nearly good enough, they are frozen
//! and an audit of the open items is drawn. From then on people answer the most
//! doubtful of the rest, batch by batch, and the model goes on learning from
//! them; it no longer changes a frozen label, but it tells ever better which of
//! them are wrong. The run ends when the audited errors that remain are few
//! enough ([`crate::certify::Walk`], which says why that is exact). Freezing
//! early therefore costs little, so that a rough estimate of the errors is
//! enough, and no answers are spent on calibrating it.

use crate::{
    acquire::{Chosen, Reason, SelectInput, policy},
    certify::{Certificate, Frozen, Goal, Walk, freeze},
    forecast::{AuditPlan, cheapest_audit},
    label::{Label, Purpose},
    matrix::Embeddings,
    model::Predictions,
    pool::{Pool, Row},
    rank::{ErrorRanker, Signals},
};

/// The labels are frozen when at most so many times the allowed number of
/// errors is expected among the open items.
const FREEZE_AT: f64 = 2.0;
/// But not before so many answers, or four per class, see [`least_training`]:
/// fewer say little about the errors.
const LEAST_TRAINING: usize = 60;
/// And in any case when so large a share of the items is answered.
const MOST_TRAINING: f64 = 0.4;
/// Growth of the training answers by one batch, and of the excluded items as a
/// share of the pool.
const GROWTH: f64 = 0.2;
const REST_BATCH: f64 = 0.02;
const LEAST_BATCH: usize = 10;
/// Penalty of the error ranker.
const PENALTY: f64 = 3.0;

/// An answer, and why it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The item.
    pub row: Row,
    /// What the annotator said.
    pub label: Label,
    /// Why.
    pub purpose: Purpose,
}

/// Everything the next step depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What is to be shown.
    pub goal: Goal,
    /// The most items that may be answered, if the user set a number.
    pub budget: Option<u32>,
    /// Number of classes of the schema.
    pub n_classes: usize,
    /// One unit vector per pool row.
    pub embeddings: &'a Embeddings,
    /// All facts, oldest first. Facts of audited items that were left to people
    /// stand here twice, see [`Step::Rest`].
    pub facts: &'a [Fact],
    /// Predictions of the model fitted on [`learnable`] facts; `None` if there
    /// are none.
    pub predictions: Option<&'a Predictions>,
    /// The same model's [`out_of_fold`](crate::model::TaskModel::out_of_fold)
    /// predictions.
    pub out_of_fold: Option<(&'a [Row], &'a Predictions)>,
    /// By row, the labels of the model fitted on the facts before the first
    /// audited one; `None` before the audit. Either kept from [`Step::Audit`]
    /// or predicted again from [`before_audit`].
    pub frozen_labels: Option<&'a [Label]>,
    /// The least number of questions while training, if there are as many: people
    /// who work at the same time need more than a batch.
    pub least_batch: usize,
    /// Equal situations and seeds give equal steps.
    pub rng_seed: u64,
}

/// One thing to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The item.
    pub row: Row,
    /// The purpose its answer is recorded with.
    pub purpose: Purpose,
    /// Why it was chosen, for the annotation page; `None` where telling would
    /// give the audit away, and in the rest, which is doubtful by definition.
    pub reason: Option<Reason>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask these, in this order, and fit the model again.
    Ask(Vec<Question>),
    /// Store `frozen`'s hash and the present labels, then have `rows` answered
    /// blind, as [`Purpose::Audit`].
    Audit {
        /// The open items in the order of the frozen score.
        frozen: Frozen,
        /// The audited items.
        rows: Vec<Row>,
    },
    /// Leave these to people: ask `questions`, record the known answers of
    /// `released` once more, as [`Purpose::Remainder`], in the order of
    /// `excluded`, and fit the model again.
    Rest {
        /// All items that leave the region, most doubtful first.
        excluded: Vec<Row>,
        /// Those that are to be answered.
        questions: Vec<Question>,
        /// Audited ones among them, from which the model may learn now.
        released: Vec<Row>,
    },
    /// The certificate holds, or every item is answered.
    Done(Certificate),
    /// Every item was answered without an audit.
    AllAnswered,
    /// The budget is spent and nothing was shown.
    BudgetSpent,
}

/// The facts a model may learn from: all but those of audited items that are
/// still in the region.
pub fn learnable(facts: &[Fact]) -> Vec<(Row, Label)> {
    let known = facts.iter().filter(|it| it.purpose != Purpose::Audit);
    known.map(|it| (it.row, it.label.clone())).collect()
}

/// The facts the frozen labels were predicted from.
pub fn before_audit(facts: &[Fact]) -> &[Fact] {
    let first = facts.iter().position(|it| it.purpose == Purpose::Audit);
    &facts[..first.unwrap_or(facts.len())]
}

/// The audited rows, and whether the frozen label was wrong. An item answered
/// twice, to see whether people agree, counts as it was answered first.
///
/// # Panics
///
/// If there are audited facts but no frozen labels.
pub fn audited(situation: &Situation<'_>) -> Vec<(Row, bool)> {
    let facts = &situation.facts[before_audit(situation.facts).len()..];
    let is_wrong = |it: &Fact| {
        let frozen = situation.frozen_labels.expect("the labels of an audit are frozen");
        !it.label.agrees(&frozen[it.row.index()])
    };
    let answers = facts.iter().filter(|it| it.purpose == Purpose::Audit);
    let mut audit: Vec<(Row, bool)> = answers.map(|it| (it.row, is_wrong(it))).collect();
    audit.sort_by_key(|it| it.0);
    audit.dedup_by_key(|it| it.0);
    audit
}

/// Answers below which nothing is frozen, and no estimate of the errors is
/// worth showing.
pub fn least_training(n_classes: usize) -> usize {
    LEAST_TRAINING.max(4 * n_classes)
}

/// The next step.
///
/// # Panics
///
/// If there are facts to learn from but no predictions, or audited ones but no
/// frozen labels.
pub fn next(situation: &Situation<'_>) -> Step {
    let trained = before_audit(situation.facts);
    let pool = pool_after(situation, trained);
    if trained.len() < situation.facts.len() {
        return after_freeze(situation, &pool);
    }
    if pool.unlabelled().is_empty() {
        return Step::AllAnswered;
    }
    if is_spent(situation) {
        return Step::BudgetSpent;
    }
    if let Some(plan) = audit_due(situation, &pool) {
        return audit(situation, &pool, plan);
    }
    ask(situation, &pool)
}

/// Probability that the frozen, or else the present, label is wrong, for each
/// of `rows`.
///
/// Before the audit by the error ranker on out-of-fold predictions of the
/// answered items, or by the model's own probabilities where it made no error
/// or nothing but errors there.
pub fn risks(situation: &Situation<'_>, rows: &[Row]) -> Vec<f64> {
    let Some(predictions) = situation.predictions else { return vec![1.0; rows.len()] };
    if let Some(frozen) = situation.frozen_labels {
        return rows
            .iter()
            .map(|row| disagreement(predictions, *row, &frozen[row.index()]))
            .collect();
    }
    let Some(ranker) = ranker(situation) else {
        let label = |row: &Row| &predictions.labels[row.index()];
        return rows.iter().map(|row| disagreement(predictions, *row, label(row))).collect();
    };
    let signals = Signals::new(predictions.n_signals, &predictions.signals);
    rows.iter().map(|row| ranker.risk(signals.row(row.index()))).collect()
}

/// Probability, by `predictions`, that the label of `row` is not `label`; for
/// tasks without class probabilities, certainty where the model says otherwise.
fn disagreement(predictions: &Predictions, row: Row, label: &Label) -> f64 {
    match (&predictions.probabilities, label.class()) {
        (Some(probabilities), Some(class)) => {
            1.0 - f64::from(probabilities.row(row)[class.index()])
        }
        _ => {
            let doubt = f64::from(predictions.uncertainty[row.index()]);
            let agrees = predictions.labels[row.index()].agrees(label);
            if agrees { 0.5 * doubt } else { 1.0 - 0.5 * doubt }
        }
    }
}

fn ranker(situation: &Situation<'_>) -> Option<ErrorRanker> {
    let (rows, predictions) = situation.out_of_fold?;
    if predictions.n_signals == 0 {
        return None;
    }
    let mut said: Vec<Option<&Label>> = vec![None; situation.embeddings.n_rows() as usize];
    for fact in situation.facts {
        said[fact.row.index()] = Some(&fact.label);
    }
    let answers: Vec<(usize, bool)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| Some((at, !said[row.index()]?.agrees(&predictions.labels[at]))))
        .collect();
    let signals = Signals::new(predictions.n_signals, &predictions.signals);
    ErrorRanker::fit(signals, &answers, PENALTY)
}

fn pool_after(situation: &Situation<'_>, facts: &[Fact]) -> Pool {
    let mut answered: Vec<Row> = facts.iter().map(|it| it.row).collect();
    answered.sort_unstable();
    answered.dedup();
    Pool::new(situation.embeddings.n_rows(), &answered, &[])
}

fn is_spent(situation: &Situation<'_>) -> bool {
    situation.budget.is_some_and(|budget| budget as usize <= n_answered(situation))
}

fn n_answered(situation: &Situation<'_>) -> usize {
    pool_after(situation, situation.facts).labelled().len()
}

fn seed(situation: &Situation<'_>, stage: u64) -> u64 {
    let mut rng = fastrand::Rng::with_seed(situation.rng_seed);
    rng.u64(..) ^ fastrand::Rng::with_seed(stage).u64(..)
}

/// The audit to draw now, if it is time for one.
fn audit_due(situation: &Situation<'_>, pool: &Pool) -> Option<AuditPlan> {
    situation.predictions?;
    let n_items = situation.embeddings.n_rows();
    let n_labelled = pool.labelled().len();
    if n_labelled < least_training(situation.n_classes) {
        return None;
    }
    let risks = risks(situation, pool.unlabelled());
    let expected: f64 = risks.iter().sum();
    let allowed = situation.goal.max_error() * f64::from(n_items);
    let is_due =
        expected <= FREEZE_AT * allowed || MOST_TRAINING * f64::from(n_items) <= n_labelled as f64;
    let plan = if is_due { cheapest_audit(&risks, n_items, situation.goal)? } else { return None };
    let fits = |budget: u32| n_labelled as u32 + plan.n_draws <= budget;
    situation.budget.is_none_or(fits).then_some(plan)
}

fn audit(situation: &Situation<'_>, pool: &Pool, plan: AuditPlan) -> Step {
    let predictions = situation.predictions.expect("an audit is due only of predictions");
    let scores: Vec<(Row, f32)> =
        pool.unlabelled().iter().map(|row| (*row, predictions.uncertainty[row.index()])).collect();
    let frozen = freeze(&scores, seed(situation, 1));
    let rows = frozen.draw_audit(plan.n_draws, seed(situation, 2));
    Step::Audit { frozen, rows }
}

fn ask(situation: &Situation<'_>, pool: &Pool) -> Step {
    let n_labelled = pool.labelled().len();
    let input = SelectInput {
        pool,
        embeddings: situation.embeddings,
        predictions: situation.predictions,
        n_classes: situation.n_classes,
    };
    let wish = ((GROWTH * n_labelled as f64) as usize).max(situation.n_classes).max(LEAST_BATCH);
    let wish = wish.max(situation.least_batch);
    let left = situation.budget.map_or(usize::MAX, |it| it as usize - n_labelled);
    let seed = seed(situation, 3 + n_labelled as u64);
    let batch = policy::propose(&input, wish.min(left), seed);
    Step::Ask(batch.into_iter().map(question).collect())
}

fn question(chosen: Chosen) -> Question {
    let purpose = if chosen.reason == Reason::Random { Purpose::Random } else { Purpose::Training };
    Question { row: chosen.row, purpose, reason: Some(chosen.reason) }
}

/// Once the audit is answered.
fn after_freeze(situation: &Situation<'_>, pool: &Pool) -> Step {
    let audit = audited(situation);
    let left = situation.facts.iter().filter(|it| it.purpose == Purpose::Remainder);
    let excluded: Vec<Row> = left.map(|it| it.row).collect();
    let n_items = situation.embeddings.n_rows();
    let (goal, first_forbidden) = (situation.goal, situation.goal.first_forbidden(n_items));
    let mut walk = Walk::new(pool.unlabelled(), &audit, first_forbidden, goal.alpha());
    walk.exclude(&excluded);
    if walk.is_over() {
        return Step::Done(Certificate::new(goal, n_items, &walk));
    }
    if is_spent(situation) { Step::BudgetSpent } else { rest(situation, &walk, &audit) }
}

fn rest(situation: &Situation<'_>, walk: &Walk, audit: &[(Row, bool)]) -> Step {
    let region = walk.region();
    let mut ranked: Vec<(f64, Row)> = risks(situation, &region).into_iter().zip(region).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let share = (REST_BATCH * f64::from(situation.embeddings.n_rows())) as usize;
    let mut excluded: Vec<Row> =
        ranked.into_iter().take(share.max(LEAST_BATCH)).map(|it| it.1).collect();
    // The last batch ends where the walk does.
    let looked_at = walk.clone().exclude(&excluded);
    excluded.truncate(looked_at);
    let (released, open): (Vec<Row>, Vec<Row>) =
        excluded.iter().partition(|row| audit.iter().any(|it| it.0 == **row));
    let questions = open
        .into_iter()
        .map(|row| Question { row, purpose: Purpose::Remainder, reason: None })
        .collect();
    Step::Rest { excluded, questions, released }
}

#[cfg(test)]
mod tests {
    use super::{Fact, Situation, Step, before_audit, learnable, next};
    use crate::{
        certify::Goal,
        head::class_model::ClassModel,
        label::{ClassId, Label, Purpose},
        matrix::Embeddings,
        model::{Predictions, TaskModel},
        pool::Row,
    };

    struct World {
        embeddings: Embeddings,
        gold: Vec<Label>,
    }

    /// Two overlapping clouds of 200 items each.
    fn world() -> World {
        let mut rng = fastrand::Rng::with_seed(3);
        let (mut values, mut gold) = (Vec::new(), Vec::new());
        for row in 0..400_u16 {
            let class = row % 2;
            let centre = if class == 0 { -1.0 } else { 1.0 };
            values.push(2.0);
            values.push(centre + 4.0 * (rng.f32() - 0.5));
            values.push(4.0 * (rng.f32() - 0.5));
            gold.push(Label::Class(ClassId(class)));
        }
        World { embeddings: Embeddings::new(3, values), gold }
    }

    fn step(world: &World, facts: &[Fact], frozen_labels: Option<&[Label]>) -> (Step, Vec<Label>) {
        let mut model = ClassModel::new(&world.embeddings, 2);
        let predictions: Option<Predictions> = model.fit_predict(&learnable(facts), 1).ok();
        let situation = Situation {
            goal: Goal::new(0.1, 0.9).expect("shares"),
            budget: None,
            n_classes: 2,
            embeddings: &world.embeddings,
            facts,
            predictions: predictions.as_ref(),
            out_of_fold: model.out_of_fold(),
            frozen_labels,
            least_batch: 0,
            rng_seed: 5,
        };
        (next(&situation), predictions.map_or(Vec::new(), |it| it.labels))
    }

    /// Takes the step that follows from `facts` alone, as a fresh process would.
    fn resumed(world: &World, facts: &[Fact]) -> (Step, Vec<Label>) {
        let before = before_audit(facts);
        if before.len() == facts.len() {
            return step(world, facts, None);
        }
        let (_, frozen) = step(world, before, None);
        let (step, _) = step(world, facts, Some(&frozen));
        (step, frozen)
    }

    #[test]
    fn a_run_resumes_from_its_facts_and_ends_with_a_certificate() {
        let world = world();
        let mut facts: Vec<Fact> = Vec::new();
        let answer =
            |row: Row, purpose| Fact { row, label: world.gold[row.index()].clone(), purpose };
        let mut n_audits = 0;
        let certificate = loop {
            let (step, _) = resumed(&world, &facts);
            match step {
                Step::Ask(questions) => {
                    assert_eq!(n_audits, 0);
                    facts.extend(questions.iter().map(|it| answer(it.row, it.purpose)));
                }
                Step::Audit { frozen, rows } => {
                    n_audits += 1;
                    assert_eq!(frozen.population() as usize, 400 - facts.len());
                    facts.extend(rows.iter().map(|row| answer(*row, Purpose::Audit)));
                    // Somebody else was asked about one of them too, and disagrees.
                    let other = Label::Class(ClassId(1 - rows[0].0 as u16 % 2));
                    facts.push(Fact { row: rows[0], label: other, purpose: Purpose::Audit });
                }
                Step::Rest { excluded, questions, released } => {
                    assert_eq!(excluded.len(), questions.len() + released.len());
                    facts.extend(excluded.iter().map(|row| answer(*row, Purpose::Remainder)));
                }
                Step::Done(certificate) => break certificate,
                Step::AllAnswered | Step::BudgetSpent => panic!("an audit pays here"),
            }
        };
        assert_eq!(n_audits, 1);
        assert!(certificate.allowed_errors.is_some_and(|it| certificate.region_errors <= it));
        assert!(100 < certificate.auto_labelled.len(), "{}", certificate.auto_labelled.len());
        let answered: Vec<Row> = facts.iter().map(|it| it.row).collect();
        assert!(certificate.auto_labelled.iter().all(|row| !answered.contains(row)));
    }

    #[test]
    fn audited_answers_are_kept_from_the_model_until_released() {
        let fact = |row, purpose| Fact { row: Row(row), label: Label::Class(ClassId(0)), purpose };
        let facts = [
            fact(4, Purpose::Training),
            fact(2, Purpose::Random),
            fact(7, Purpose::Audit),
            fact(9, Purpose::Audit),
            fact(7, Purpose::Remainder),
            fact(1, Purpose::Remainder),
        ];
        let rows: Vec<u32> = learnable(&facts).iter().map(|it| it.0.0).collect();
        assert_eq!(rows, [4, 2, 7, 1]);
        assert_eq!(before_audit(&facts).len(), 2);
    }

    #[test]
    fn a_budget_is_never_exceeded_while_training() {
        let world = world();
        let mut facts = Vec::new();
        let goal = Goal::new(0.01, 0.99).expect("shares");
        loop {
            let mut model = ClassModel::new(&world.embeddings, 2);
            let predictions = model.fit_predict(&learnable(&facts), 1).ok();
            let situation = Situation {
                goal,
                budget: Some(50),
                n_classes: 2,
                embeddings: &world.embeddings,
                facts: &facts,
                predictions: predictions.as_ref(),
                out_of_fold: model.out_of_fold(),
                frozen_labels: None,
                least_batch: 0,
                rng_seed: 5,
            };
            let Step::Ask(questions) = next(&situation) else { break };
            facts.extend(questions.iter().map(|it| Fact {
                row: it.row,
                label: world.gold[it.row.index()].clone(),
                purpose: it.purpose,
            }));
        }
        assert_eq!(facts.len(), 50);
    }
}
