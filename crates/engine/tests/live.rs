//! Several people on one project: nothing is asked twice, nothing is lost,
//! audits are blind, and it ends with a certificate, whenever it is closed and
//! opened again on the way.

mod common;

use std::{collections::HashSet, fs, path::Path, time::Duration};

use annota_core::{
    certify::Goal,
    diagnostic::Diagnostic,
    format::TextConfig,
    item::ItemId,
    label::{ClassId, Label, Purpose},
    model::Embedder,
};
use annota_engine::{
    Error,
    import::{ImageFacts, Inspect},
    live::{
        Answer, Batch, Change, Handed, ImportRequest, ItemQuery, ItemRow, ItemSort, Live,
        Neighbour, Origin, Phase, Refused, ReviewKind, Wiring,
    },
    project::{Labelling, Project, ProjectConfig},
    store::AnnotationId,
};
use common::clouds::{Clouds, colours, gold};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast::Receiver;

const N_ITEMS: usize = 400;
const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

struct ToyWiring;

impl Wiring for ToyWiring {
    fn embedder(&self, _: &Project) -> Result<Box<dyn Embedder>, Error> {
        Ok(Box::new(Clouds(0.9)))
    }
    fn inspect(&self) -> &dyn Inspect {
        &NoPictures
    }
}

struct NoPictures;

impl Inspect for NoPictures {
    fn inspect(&self, place: &str, _: &[u8]) -> Result<ImageFacts, Diagnostic> {
        Err(Diagnostic::new(place, "texts only"))
    }
}

fn gold_of(handed: &Handed) -> ClassId {
    let number = handed.item.name.rsplit(':').next().and_then(|it| it.parse::<usize>().ok());
    // Line 1 names the fields, and the first text is number 0.
    gold(number.expect("named by its line") - 2)
}

/// A project of 400 texts and three classes, with an import behind it.
fn project(folder: &Path, labelling: Labelling) -> (Live, Receiver<Change>) {
    let texts: String = (0..N_ITEMS).map(|it| format!("text number {it}\n")).collect();
    let path = folder.join("texts.csv");
    fs::write(&path, format!("text\n{texts}")).expect("written");
    let config = ProjectConfig { classes: colours(), labelling, ..ProjectConfig::default() };
    let project = Project::create(&folder.join("project"), config, Duration::ZERO).expect("made");
    let live = Live::open(project, Box::new(ToyWiring)).expect("opens");
    let mut changes = live.subscribe();
    let request = ImportRequest { source: path, labels_as: None, text: TextConfig::detect() };
    live.import(request).expect("starts");
    wait(&mut changes, &live, |live| live.phase() == Phase::Training);
    assert_eq!(live.import_state().n_added, N_ITEMS as u64);
    (live, changes)
}

fn reopen(folder: &Path) -> (Live, Receiver<Change>) {
    let project = Project::open(&folder.join("project"), Duration::from_secs(10)).expect("opens");
    let live = Live::open(project, Box::new(ToyWiring)).expect("opens");
    let mut changes = live.subscribe();
    wait(&mut changes, &live, |live| !matches!(live.phase(), Phase::Opening | Phase::Embedding));
    (live, changes)
}

/// Waits for a change after which `is_so`.
fn wait(changes: &mut Receiver<Change>, live: &Live, is_so: impl Fn(&Live) -> bool) {
    while !is_so(live) {
        if let Ok(Change::Problem(problem)) = changes.blocking_recv() {
            panic!("{problem}");
        }
    }
}

fn answer(key: &str, handed: &Handed, class: ClassId) -> Answer {
    Answer {
        key: key.to_owned(),
        item: handed.item.id,
        class: Some(class),
        lease: Some(handed.lease.clone()),
        is_review: false,
        asked_at: None,
        took: Some(Duration::from_secs(2)),
        suggestion: None,
    }
}

fn next(live: &Live, who: &str, n: usize) -> Batch {
    live.next(who, n, NOW).expect("hands out")
}

fn ids(batch: &Batch) -> Vec<ItemId> {
    batch.handed.iter().map(|it| it.item.id).collect()
}

#[test]
fn two_people_reach_a_certificate_through_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let labelling =
        Labelling { goal: Goal::new(0.08, 0.9).expect("shares"), ..Labelling::default() };
    let (mut live, mut changes) = project(folder.path(), labelling);
    let mut purposes = HashSet::new();
    let mut n_answers = 0;
    loop {
        let mut n_asked = 0;
        for who in ["ann", "bob"] {
            let batch = next(&live, who, 3);
            let mut answers = Vec::new();
            // The second question first: people take them in any order.
            for handed in batch.handed.iter().rev() {
                let is_audit = handed.purpose == Purpose::Audit;
                assert!(!is_audit || handed.ranked.is_empty(), "an audit is blind");
                if is_audit {
                    check_blind(&live, handed.item.id);
                }
                purposes.insert(handed.purpose);
                n_answers += 1;
                answers.push(answer(&format!("key {n_answers}"), handed, gold_of(handed)));
            }
            n_asked += answers.len();
            let taken = live.answer(who, answers, NOW).expect("stored");
            assert!(taken.iter().all(Result::is_ok));
        }
        if matches!(live.phase(), Phase::Certified | Phase::AllAnswered) && n_asked == 0 {
            break;
        }
        if n_asked == 0 {
            drop(changes.blocking_recv());
        }
        if n_answers % 60 < 6 {
            drop(live);
            (live, changes) = reopen(folder.path());
        }
    }
    let overview = live.overview(NOW).expect("reads");
    assert_eq!(overview.phase, Phase::Certified);
    assert!(purposes.contains(&Purpose::Random) && purposes.contains(&Purpose::Audit));
    assert_eq!(overview.n_answered + overview.n_auto, N_ITEMS);
    assert!(50 < overview.n_auto, "{overview:?}");
    let issued = live.certificate().expect("reads").expect("stands");
    assert_eq!(issued.document.n_items as usize, N_ITEMS);
    // People may have answered what was labelled automatically as well.
    assert!(overview.n_auto <= issued.document.n_auto_labelled as usize);

    let query = ItemQuery { origins: vec![Origin::Auto], limit: 1_000, ..ItemQuery::default() };
    let auto = live.items(&query).expect("reads").items;
    let is_wrong = |it: &&annota_engine::live::ItemRow| {
        let line = it.item.name.rsplit(':').next().and_then(|it| it.parse::<usize>().ok());
        it.label != Some(Label::Class(gold(line.expect("a line") - 2)))
    };
    // Twice what is certified does not happen by chance.
    assert!(auto.iter().filter(is_wrong).count() <= 2 * 32);
}

/// Asserts that nothing tells what the model thinks of an item that waits in an
/// audit.
fn check_blind(live: &Live, item: ItemId) {
    let query = ItemQuery { ids: Some(vec![item]), limit: 1, ..ItemQuery::default() };
    for sort in [ItemSort::Confidence, ItemSort::Uncertainty] {
        let listed = live.items(&ItemQuery { sort, ..query.clone() }).expect("reads").items;
        let it = &listed[0];
        assert_eq!((&it.label, it.origin, it.confidence), (&None, Origin::None, None));
    }
    let sure = ItemQuery { min_confidence: Some(0.01), ..query };
    assert!(live.items(&sure).expect("reads").items.is_empty());
    let detail = live.item(item).expect("reads");
    assert!(detail.ranked.is_empty() && detail.row.label.is_none());
    for kind in [ReviewKind::LowConfidence, ReviewKind::Suspect] {
        let (page, _) = live.review(kind, 0, N_ITEMS).expect("reads");
        assert!(page.items.iter().all(|it| it.item.id != item), "{kind:?}");
    }
    let map = loop {
        match live.map() {
            Some(map) => break map,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let at = map.items.iter().position(|it| *it == item).expect("on the map");
    assert_eq!((map.classes[at], map.confidences[at]), (None, 0.0));
}

#[test]
fn what_is_in_hand_is_not_handed_out_again_and_leases_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, _changes) = project(folder.path(), Labelling::default());
    let ann = ids(&next(&live, "ann", 4));
    let bob = ids(&next(&live, "bob", 4));
    assert_eq!((ann.len(), bob.len()), (4, 4));
    assert!(ann.iter().all(|it| !bob.contains(it)));
    assert_eq!(ids(&next(&live, "ann", 4)), ann);
    let later = NOW + SignedDuration::from_mins(11);
    let eve = live.next("eve", 8, later).expect("hands out");
    assert!(ids(&eve).iter().any(|it| ann.contains(it) || bob.contains(it)));
}

#[test]
fn what_is_in_hand_stays_so_through_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let labelling = Labelling { overlap: 2, ..Labelling::default() };
    let (live, _changes) = project(folder.path(), labelling);
    let ann = next(&live, "ann", 3);
    let eve = ids(&next(&live, "eve", 3));
    assert_eq!(ids(&ann), eve);
    live.answer("ann", vec![answer("a", &ann.handed[0], ClassId(0))], NOW).expect("stored");
    live.release("eve", &eve[..1]).expect("kept");
    drop(live);

    let (live, _changes) = reopen(folder.path());
    // First what lacks a second answer, and nothing that two have in hand.
    let bob = ids(&next(&live, "bob", 8));
    assert_eq!(bob[0], eve[0]);
    assert!(eve[1..].iter().all(|it| !bob.contains(it)), "{bob:?} again, {eve:?} are in hand");
    assert_eq!(ids(&next(&live, "ann", 2)), eve[1..]);
    drop(live);
    let (live, _changes) = reopen(folder.path());
    let later = NOW + SignedDuration::from_mins(11);
    let joe = live.next("joe", 8, later).expect("hands out");
    assert!(eve.iter().all(|it| ids(&joe).contains(it)), "leases end");
}

#[test]
fn an_item_with_enough_answers_is_in_nobodys_hands() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, _changes) = project(folder.path(), Labelling::default());
    let ann = next(&live, "ann", 3);
    // Bob had it on his screen before his lease ended.
    live.answer("bob", vec![answer("b", &ann.handed[1], ClassId(0))], NOW).expect("stored");
    let left = ids(&next(&live, "ann", 2));
    assert_eq!(left, [ann.handed[0].item.id, ann.handed[2].item.id]);
}

#[test]
fn what_others_have_in_hand_leaves_something_for_who_comes_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, mut changes) = project(folder.path(), Labelling::default());
    let mut given: HashSet<ItemId> = HashSet::new();
    // Nobody answers, so nothing but the asking makes the plan longer.
    for who in ["ann", "bob", "eve", "joe", "kim"] {
        let mut batch = ids(&next(&live, who, 30));
        while batch.len() < 30 {
            drop(changes.blocking_recv());
            batch = ids(&next(&live, who, 30));
        }
        assert!(batch.iter().all(|it| given.insert(*it)), "{who} got what somebody has");
    }
}

#[test]
fn an_answer_sent_twice_is_one_and_bad_ones_cost_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, _changes) = project(folder.path(), Labelling::default());
    let batch = next(&live, "ann", 2);
    let good = answer("k1", &batch.handed[0], ClassId(1));
    let unknown_item = Answer { key: "k2".to_owned(), item: ItemId(99_999), ..good.clone() };
    let unknown_class = Answer { key: "k3".to_owned(), class: Some(ClassId(9)), ..good.clone() };
    let keyless = Answer { key: String::new(), ..good.clone() };
    let sent = vec![good, unknown_item, unknown_class, keyless];
    let first = live.answer("ann", sent.clone(), NOW).expect("stored");
    assert_eq!(
        first[1..],
        [Err(Refused::UnknownItem), Err(Refused::UnknownClass), Err(Refused::BadKey)]
    );
    let again = live.answer("ann", sent, NOW).expect("stored");
    assert_eq!(first, again);
    let facts = live.project().store().annotations(None).expect("reads");
    assert_eq!(facts.len(), 1);
    assert_eq!(live.overview(NOW).expect("reads").n_answered, 1);
}

#[test]
fn answers_that_come_at_once_are_each_kept_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, _changes) = project(folder.path(), Labelling::default());
    let names: Vec<String> = (0..16).map(|it| format!("person {it}")).collect();
    let batches: Vec<Batch> = names.iter().map(|it| next(&live, it, 2)).collect();
    let ids: HashSet<AnnotationId> = std::thread::scope(|scope| {
        let say = |(who, batch): (&String, &Batch)| {
            let handed = batch.handed.clone();
            let (who, live) = (who.clone(), &live);
            scope.spawn(move || {
                let key = |at: usize| format!("{who} {}", at / 2);
                // Every answer is sent twice.
                (0..2 * handed.len())
                    .flat_map(|at| {
                        let said = answer(&key(at), &handed[at / 2], ClassId(0));
                        live.answer(&who, vec![said], NOW).expect("stored")
                    })
                    .map(|it| it.expect("a class"))
                    .collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = names.iter().zip(&batches).map(say).collect();
        threads.into_iter().flat_map(|it| it.join().expect("answered")).collect()
    });
    let asked = batches.iter().map(|it| it.handed.len()).sum::<usize>();
    assert_eq!(ids.len(), asked, "one annotation an answer");
    let facts = live.project().store().annotations(None).expect("reads");
    assert_eq!(facts.len(), asked);
}

#[test]
fn an_answer_is_taken_back_and_restored_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, changes) = project(folder.path(), Labelling::default());
    let batch = next(&live, "ann", 2);
    for (at, handed) in batch.handed.iter().enumerate() {
        let sent = vec![answer(&format!("k{at}"), handed, ClassId(0))];
        live.answer("ann", sent, NOW).expect("stored")[0].as_ref().expect("taken");
    }
    assert!(live.undo("bob", "b".to_owned(), NOW).expect("works").is_none());
    drop((live, changes));

    let (live, changes) = reopen(folder.path());
    let undone = live.undo("ann", "u".to_owned(), NOW).expect("works").expect("there was one");
    assert_eq!(undone.0.fact.item, batch.handed[1].item.id);
    assert_eq!(undone.1.item.id, batch.handed[1].item.id);
    assert_eq!(live.overview(NOW).expect("reads").n_answered, 1);
    drop((live, changes));

    let (live, _changes) = reopen(folder.path());
    let history = live.history("ann", None, 10).expect("reads").items;
    assert_eq!(history.len(), 1);
    let redone = live.redo("ann", "r".to_owned(), NOW).expect("works").expect("there was one");
    assert_eq!(redone.fact.item, batch.handed[1].item.id);
    assert!(live.redo("ann", "r2".to_owned(), NOW).expect("works").is_none());
    assert_eq!(live.overview(NOW).expect("reads").n_answered, 2);
    let page = live.history("ann", Some(AnnotationId(2)), 10).expect("reads");
    assert_eq!(page.items.len(), 1);
}

#[test]
fn nobody_makes_a_random_answer_of_a_chosen_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, _changes) = project(folder.path(), Labelling::default());
    let batch = next(&live, "ann", 9);
    let forged = Answer {
        lease: Some(batch.handed[0].lease.replacen('t', "r", 1)),
        ..answer("k", &batch.handed[0], ClassId(0))
    };
    live.answer("ann", vec![forged], NOW).expect("stored")[0].as_ref().expect("taken");
    // Bob answers with the lease of Ann.
    live.answer("bob", vec![answer("b", &batch.handed[1], ClassId(0))], NOW).expect("stored");
    let facts = live.project().store().annotations(None).expect("reads");
    assert!(facts.iter().all(|it| it.fact.purpose == Purpose::Training));
}

#[test]
fn two_answers_an_item_are_both_facts_and_disagreement_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let labelling = Labelling { overlap: 2, ..Labelling::default() };
    let (live, _changes) = project(folder.path(), labelling);
    let ann = next(&live, "ann", 3);
    let bob = next(&live, "bob", 3);
    assert_eq!(ids(&ann), ids(&bob));
    let item = ann.handed[0].item.id;
    live.answer("ann", vec![answer("a", &ann.handed[0], ClassId(0))], NOW).expect("stored");
    live.answer("bob", vec![answer("b", &bob.handed[0], ClassId(1))], NOW).expect("stored");
    let flag = |key: &str| {
        live.remark("ann", key.to_owned(), item, "which?".to_owned(), true).expect("kept")
    };
    assert_eq!(flag("r").id, flag("r").id);

    let (found, counts) = live.review(ReviewKind::Disagreement, 0, 10).expect("reads");
    assert_eq!((counts.n_disagreement, counts.n_flagged), (1, 1));
    assert_eq!(found.items[0].said.len(), 2);
    assert_eq!(found.items[0].remarks.len(), 1);
    let settled =
        Answer { lease: None, is_review: true, ..answer("c", &bob.handed[0], ClassId(1)) };
    live.answer("bob", vec![settled], NOW).expect("stored");
    live.resolve_remark("bob", found.items[0].remarks[0].id).expect("kept");
    let (_, counts) = live.review(ReviewKind::Flagged, 0, 10).expect("reads");
    assert_eq!((counts.n_disagreement, counts.n_flagged), (0, 0));
}

#[test]
fn a_page_begins_where_the_one_before_ended_whatever_left_the_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, _changes) = project(folder.path(), Labelling::default());
    for sort in [ItemSort::Id, ItemSort::Name] {
        for is_descending in [false, true] {
            let origins = vec![Origin::None, Origin::Predicted];
            let query =
                ItemQuery { origins, sort, is_descending, limit: 4, ..ItemQuery::default() };
            let all = ItemQuery { limit: 12, ..query.clone() };
            let all = live.items(&all).expect("reads").items;
            let first = live.items(&query).expect("reads");
            // Who answers the first page takes it out of the list.
            let answers = first.items.iter().map(|it| Answer {
                key: format!("{sort:?}{is_descending}{}", it.item.id),
                item: it.item.id,
                class: Some(ClassId(0)),
                lease: None,
                is_review: false,
                asked_at: None,
                took: None,
                suggestion: None,
            });
            live.answer("ann", answers.collect(), NOW).expect("stored");
            let second = ItemQuery { after: first.next, ..query };
            let second = live.items(&second).expect("reads").items;
            let ids = |rows: &[ItemRow]| rows.iter().map(|it| it.item.id).collect::<Vec<_>>();
            assert_eq!(ids(&second), ids(&all[4..8]), "{sort:?} {is_descending}");
        }
    }
}

#[test]
fn items_are_found_page_by_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, _changes) = project(folder.path(), Labelling::default());
    let batch = next(&live, "ann", 2);
    live.answer("ann", vec![answer("a", &batch.handed[0], ClassId(2))], NOW).expect("stored");

    let all = |query: &ItemQuery| {
        let (mut query, mut found) = (query.clone(), Vec::new());
        loop {
            let page = live.items(&query).expect("reads");
            found.extend(page.items.iter().map(|it| it.item.id));
            let Some(next) = page.next else { return found };
            query.after = Some(next.to_string().parse().expect("a place"));
        }
    };
    let page = ItemQuery { limit: 70, ..ItemQuery::default() };
    assert_eq!(all(&page).len(), N_ITEMS);
    let descending = ItemQuery { is_descending: true, ..page.clone() };
    assert_eq!(all(&descending).first(), all(&page).last());
    let named = ItemQuery { sort: ItemSort::Name, ..page.clone() };
    assert_eq!(all(&named).iter().collect::<HashSet<_>>().len(), N_ITEMS);
    let text = ItemQuery { text: Some("NUMBER 39".to_owned()), ..page.clone() };
    assert_eq!(all(&text).len(), 11);
    assert!(all(&ItemQuery { text: Some("%".to_owned()), ..page.clone() }).is_empty());
    let person = ItemQuery { origins: vec![Origin::Person], ..page.clone() };
    assert_eq!(all(&person), [batch.handed[0].item.id]);
    let by = ItemQuery { annotator: Some("ann".to_owned()), ..page };
    assert_eq!(all(&by), [batch.handed[0].item.id]);

    let near = live.neighbours(batch.handed[0].item.id, 5).expect("reads");
    assert_eq!(near.len(), 5);
    let more = live.neighbours(batch.handed[0].item.id, 60).expect("reads");
    assert_eq!(more.len(), 60);
    let ids = |near: &[Neighbour]| near.iter().map(|it| it.item.id).collect::<Vec<_>>();
    assert_eq!(ids(&more[..5]), ids(&near));
    assert!(more.windows(2).all(|pair| pair[1].similarity <= pair[0].similarity));
}
