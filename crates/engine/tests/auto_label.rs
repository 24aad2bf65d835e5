//! From questions to a certificate: whatever stops it on the way, one audit is
//! drawn and finished as it was begun.

mod common;

use std::{path::Path, time::Duration};

use annota_core::{
    certify::Goal,
    item::ItemId,
    label::{ClassId, Label, Purpose},
};
use annota_engine::{
    Error, Unwatched,
    annotate::{Annotator, AnnotatorKind, Oracle, Question, Reply},
    auto_label::{AutoLabelConfig, Outcome, auto_label},
    certificate::Issued,
    embed::embed,
    precision::Claim,
    project::{Labelling, Project, ProjectConfig},
    store::{AnnotatorId, AuditState, NewAnnotation, NewItem},
    verify::{Basis, verify},
    working_set::WorkingSet,
};
use common::{
    NOW,
    clouds::{Clouds, colours, gold},
    insert_texts,
};

const N_ITEMS: usize = 600;

fn gold_of(text: &str) -> ClassId {
    gold(text.parse().expect("texts are numbers"))
}

/// Knows every answer, and stops before question number `stops_at`.
struct Knows {
    stops_at: usize,
    undoes_at: Option<usize>,
    asked: Vec<(String, Purpose)>,
}

impl Knows {
    fn all() -> Knows {
        Knows { stops_at: usize::MAX, undoes_at: None, asked: Vec::new() }
    }

    fn n_asked_for(&self, purpose: Purpose) -> usize {
        self.asked.iter().filter(|it| it.1 == purpose).count()
    }
}

impl Oracle for Knows {
    fn annotator(&self) -> Annotator {
        Annotator { name: "ann".to_owned(), kind: AnnotatorKind::Person }
    }

    fn answer(&mut self, question: &Question, _: usize, _: usize) -> Result<Reply, Error> {
        if self.asked.len() == self.stops_at {
            return Ok(Reply::Quit);
        }
        if self.undoes_at == Some(self.asked.len()) {
            self.undoes_at = None;
            return Ok(Reply::Undo);
        }
        let text = question.name.rsplit(':').next().expect("named by its content");
        self.asked.push((text.to_owned(), question.purpose));
        let label = Some(Label::Class(gold_of(text)));
        Ok(Reply::Answer { label, took: Duration::from_secs(1) })
    }
}

/// A project of 600 embedded texts and three classes.
fn project(folder: &Path) -> Project {
    let config = ProjectConfig { classes: colours(), ..ProjectConfig::default() };
    let project = Project::create(folder, config, Duration::ZERO).expect("made");
    insert_texts(project.store(), N_ITEMS);
    embed(&project, &Clouds(0.6), &Unwatched).expect("embedded");
    project
}

fn config(max_error: f64) -> AutoLabelConfig {
    AutoLabelConfig {
        goal: Goal::new(max_error, 0.9).expect("shares"),
        claim: Claim::AllLabels,
        n_draws: None,
        budget: None,
        strategy: None,
        least_batch: 0,
        audit_now: false,
        leave_rest: false,
        rng_seed: 1,
    }
}

/// As a fresh process would.
fn run(project: &Project, config: &AutoLabelConfig, oracle: &mut Knows) -> Outcome {
    let mut set = WorkingSet::open(project, &Unwatched).expect("opens");
    auto_label(project, &mut set, config, oracle, &Unwatched).expect("runs")
}

fn certified(outcome: Outcome) -> Issued {
    let Outcome::Certified(issued) = outcome else { panic!("{outcome:?}") };
    *issued
}

/// Stopped at its third audited item.
fn stopped_in_audit(project: &Project, config: &AutoLabelConfig) -> Knows {
    let mut trial = Knows::all();
    let folder = tempfile::tempdir().expect("a folder");
    certified(run(&self::project(folder.path()), config, &mut trial));
    let is_audit = |it: &(String, Purpose)| it.1 == Purpose::Audit;
    let first = trial.asked.iter().position(is_audit).expect("it is audited");
    let mut oracle = Knows { stops_at: first + 2, ..Knows::all() };
    assert!(matches!(run(project, config, &mut oracle), Outcome::Quit));
    assert_eq!(oracle.n_asked_for(Purpose::Audit), 2);
    assert_eq!(project.store().audits().expect("reads").len(), 1);
    oracle
}

fn item(project: &Project, text: &str) -> ItemId {
    let names = project.store().item_names().expect("reads");
    let found = names.iter().find(|it| it.name == format!("texts.txt:{text}"));
    found.expect("it was inserted").id
}

fn said(item: ItemId, annotator: AnnotatorId, class: ClassId, purpose: Purpose) -> NewAnnotation {
    NewAnnotation { purpose, ..common::answer(item, annotator, Some(class.0)) }
}

#[test]
fn an_audit_that_was_begun_is_the_one_that_is_finished() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let begun = stopped_in_audit(&project, &config(0.1));
    let mut oracle = Knows::all();
    let issued = certified(run(&project, &config(0.1), &mut oracle));
    let audits = project.store().audits().expect("reads");
    assert_eq!(audits.len(), 1);
    let n_audited = begun.n_asked_for(Purpose::Audit) + oracle.n_asked_for(Purpose::Audit);
    assert_eq!(n_audited, audits[0].drawn.len());
    assert_eq!(issued.document.n_audited as usize, n_audited);
}

#[test]
fn the_rest_of_an_audit_that_was_asked_for_is_asked_and_no_other_is_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    // As many answers as make an audit due.
    let training = Knows { stops_at: 150, ..Knows::all() };
    let mut oracle = training;
    assert!(matches!(run(&project, &config(0.02), &mut oracle), Outcome::Quit));
    assert_eq!(oracle.n_asked_for(Purpose::Audit), 0);

    // An audit of another size than the loop would draw.
    let now = AutoLabelConfig { audit_now: true, n_draws: Some(90), ..config(0.1) };
    let mut oracle = Knows::all();
    let issued = certified(run(&project, &now, &mut oracle));
    assert_eq!(oracle.n_asked_for(Purpose::Audit), 90);
    assert_eq!(issued.document.n_audited, 90);
    assert_eq!(project.store().audits().expect("reads").len(), 1);
}

#[test]
fn a_goal_chosen_after_the_answers_were_seen_proves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    stopped_in_audit(&project, &config(0.1));

    let goal = Goal::new(0.3, 0.9).expect("shares");
    let labelling = Labelling { goal, ..Labelling::default() };
    let refused = ProjectConfig { labelling, ..ProjectConfig::clone(&project.config()) };
    let error = project.set_config(refused).expect_err("refused").to_string();
    assert!(error.contains("the goal cannot change while an audit is being answered"), "{error}");

    let other = AutoLabelConfig { claim: Claim::EachClass, ..config(0.3) };
    let mut oracle = Knows::all();
    run(&project, &other, &mut oracle);
    let first = project.store().certificates().expect("reads").remove(0);
    assert!(first.certificate.text.contains("At most 10 % of the labels"), "{first:?}");
}

#[test]
fn two_answers_to_an_audited_item_are_no_trouble() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let begun = stopped_in_audit(&project, &config(0.1));
    let (text, _) = begun.asked.last().expect("asked");
    let other = ClassId((gold_of(text).0 + 1) % 3);
    let bob = common::annotator(project.store(), "bob");
    let again = said(item(&project, text), bob, other, Purpose::Audit);
    project.store().append(&[again]).expect("stored");
    let left = AutoLabelConfig { leave_rest: true, ..config(0.1) };
    let document = certified(run(&project, &left, &mut Knows::all())).document;
    let n_drawn = project.store().audits().expect("reads")[0].drawn.len();
    assert_eq!(document.n_audited as usize, n_drawn);
    assert_eq!((document.n_answered_twice, document.n_disagreed), (1, 1));
    assert!(document.text().contains("1 of the audited items were answered by more than one"));
}

#[test]
fn what_a_crowd_says_during_an_audit_does_not_spoil_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    stopped_in_audit(&project, &config(0.1));
    let crowd = Annotator { name: "crowd".to_owned(), kind: AnnotatorKind::Crowd };
    let crowd = project.store().annotator(&crowd).expect("stored");
    let words: Vec<NewAnnotation> = (0..N_ITEMS)
        .map(|it| it.to_string())
        .map(|it| said(item(&project, &it), crowd, gold_of(&it), Purpose::Imported))
        .collect();
    project.store().append(&words).expect("stored");

    certified(run(&project, &config(0.1), &mut Knows::all()));
    let audits = project.store().audits().expect("reads");
    assert_eq!((audits.len(), audits[0].state), (1, AuditState::Certified));
    let set = WorkingSet::open(&project, &Unwatched).expect("opens");
    let verified = verify(&project, &set, 0.95, 1).expect("verifies");
    let (basis, figures) = verified.model.expect("there was an audit");
    assert_eq!(basis, Basis::Audit);
    // The crowd knew everything; the model under audit did not know the crowd.
    let document = certified(run(&project, &config(0.1), &mut Knows::all())).document;
    let n_errors = figures.confusion.n_items() - figures.confusion.n_right();
    assert_eq!(n_errors as u32, document.audit_errors);
}

#[test]
fn most_of_a_crowd_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let words = [("a", 1), ("b", 1), ("c", 2)].map(|(name, class)| {
        let crowd = Annotator { name: name.to_owned(), kind: AnnotatorKind::Crowd };
        let crowd = project.store().annotator(&crowd).expect("stored");
        said(item(&project, "7"), crowd, ClassId(class), Purpose::Imported)
    });
    project.store().append(&words).expect("stored");
    let decided = || {
        let set = WorkingSet::open(&project, &Unwatched).expect("opens");
        let lessons = set.lessons();
        assert_eq!(lessons.len(), 1);
        lessons[0].1.clone()
    };
    assert_eq!(decided(), Label::Class(ClassId(1)));
    // Who says so again has the same one word; whoever speaks of a copy has another.
    let c = words[2].annotator;
    project.store().append(&[words[2].clone(), words[2].clone()]).expect("stored");
    assert_eq!(decided(), Label::Class(ClassId(1)));
    let copies = ["x", "y"].map(|it| NewItem { identity: it.to_owned(), ..common::text("7") });
    let copies = project.store().insert_items(&copies, NOW).expect("stored").items;
    let more: Vec<NewAnnotation> =
        copies.iter().map(|it| said(it.id(), c, ClassId(2), Purpose::Imported)).collect();
    project.store().append(&more).expect("stored");
    assert_eq!(decided(), Label::Class(ClassId(2)));
}

#[test]
fn an_undo_reaches_what_was_answered_before_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let mut first = Knows { stops_at: 5, ..Knows::all() };
    run(&project, &config(0.1), &mut first);
    let mut second = Knows { stops_at: 2, undoes_at: Some(0), ..Knows::all() };
    run(&project, &config(0.1), &mut second);
    assert_eq!(second.asked[0], first.asked[4], "asked again");
    let set = WorkingSet::open(&project, &Unwatched).expect("opens");
    assert_eq!(set.answers().count(), 6);
}

#[test]
fn corrected_auto_labels_count_as_corrected() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    certified(run(&project, &config(0.1), &mut Knows::all()));
    let store = project.store();
    let gold_annotator = Annotator { name: "gold".to_owned(), kind: AnnotatorKind::Gold };
    let gold_annotator = store.annotator(&gold_annotator).expect("stored");
    let truth: Vec<NewAnnotation> = (0..N_ITEMS)
        .map(|it| it.to_string())
        .map(|it| said(item(&project, &it), gold_annotator, gold_of(&it), Purpose::Imported))
        .collect();
    store.append(&truth).expect("stored");
    let n_wrong = || {
        let set = WorkingSet::open(&project, &Unwatched).expect("opens");
        let figures = verify(&project, &set, 0.95, 1).expect("verifies").labels.expect("gold");
        assert_eq!(figures.confusion.n_items() as usize, N_ITEMS);
        figures.confusion.n_items() - figures.confusion.n_right()
    };
    assert!(0 < n_wrong(), "some auto labels are wrong");
    let ann = common::annotator(store, "ann");
    let corrections: Vec<NewAnnotation> = store
        .auto_labels()
        .expect("reads")
        .iter()
        .map(|it| (it.item, store.items_by_id(&[it.item]).expect("reads").remove(0).name))
        .map(|(id, name)| (id, gold_of(name.rsplit(':').next().expect("named by its content"))))
        .map(|(id, class)| said(id, ann, class, Purpose::Review))
        .collect();
    store.append(&corrections).expect("stored");
    assert_eq!(n_wrong(), 0);
}

#[test]
fn an_audit_beyond_the_budget_is_not_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    run(&project, &config(0.1), &mut Knows { stops_at: 40, ..Knows::all() });
    let now = AutoLabelConfig { audit_now: true, n_draws: Some(61), ..config(0.1) };
    let now = AutoLabelConfig { budget: Some(100), ..now };
    assert!(matches!(run(&project, &now, &mut Knows::all()), Outcome::BudgetSpent));
    assert!(project.store().audits().expect("reads").is_empty());
}
