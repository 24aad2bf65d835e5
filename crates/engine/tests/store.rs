//! The store keeps what it is given, on SQLite and, where
//! `ANNOTA_TEST_POSTGRES` names a server, on PostgreSQL.

mod common;

use std::time::Duration;

use annota_core::{
    item::{ContentHash, ItemId},
    label::{ClassId, Label, Purpose},
};
use annota_engine::{
    Error,
    annotate::{Annotator, AnnotatorKind},
    store::{
        AnnotationId, AuditState, BeforeWrite, Event, Inserted, Location, ModelVersionId, NewAudit,
        NewCertificate, NewModelVersion, ShownSuggestion, Store,
    },
};
use common::{NOW, annotator, answer, classes, insert_texts, scratch::Scratch, text};

const CAT: Label = Label::Class(ClassId(0));
const DOG: Label = Label::Class(ClassId(1));

#[test]
fn items_are_stored_once_and_equal_content_is_linked() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        let mut copy = text("a");
        copy.identity = "another place".to_owned();
        let items = [text("a"), copy, text("b")];
        let expected = [
            Inserted::Added(ItemId(1)),
            Inserted::Duplicate { id: ItemId(2), of: ItemId(1) },
            Inserted::Added(ItemId(3)),
        ];
        assert_eq!(store.insert_items(&items, NOW).expect("stored").items, expected);
        let again = store.insert_items(&items, NOW).expect("stored").items;
        assert_eq!(again, [1, 2, 3].map(|it| Inserted::AlreadyThere(ItemId(it))));

        let keys = [(ItemId(1), ContentHash::of(b"a")), (ItemId(3), ContentHash::of(b"b"))];
        assert_eq!(store.pool_keys().expect("read"), keys);
        assert_eq!(store.n_items().expect("read"), 3);
        let page = store.items(Some(ItemId(1)), 1).expect("read");
        assert_eq!(page.len(), 1);
        assert_eq!(page[0].duplicate_of, Some(ItemId(1)));
        assert_eq!(page[0].created_at, NOW);
        let names = store.item_names().expect("read");
        assert_eq!(names[2].name, "texts.txt:b");
        let in_order = store.items_by_id(&[ItemId(3), ItemId(1)]).expect("there");
        assert_eq!(in_order.iter().map(|it| it.id.0).collect::<Vec<_>>(), [3, 1]);
        assert!(store.items_by_id(&[ItemId(9)]).is_err());
    }
}

#[test]
fn labels_that_come_with_items_are_stored_once() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        store.add_classes(&classes()).expect("stored");
        let gold = Annotator { name: "gold".to_owned(), kind: AnnotatorKind::Gold };
        let items = [text("a"), text("b"), text("c")];
        let labels = [Some(CAT), None, Some(DOG)];
        let insert = |labels: &[Option<Label>]| {
            store.insert_labelled_items(&items, labels, &gold, NOW).expect("stored").n_labels
        };
        assert_eq!(insert(&labels), 2);
        assert_eq!(insert(&labels), 0);
        assert_eq!(insert(&[Some(CAT), None, Some(CAT)]), 1);
        let current = store.current_annotations().expect("read");
        let said: Vec<_> =
            current.iter().map(|it| (it.fact.item.0, it.fact.label.clone())).collect();
        assert_eq!(said, [(1, Some(CAT)), (3, Some(CAT))]);
        assert!(current.iter().all(|it| it.fact.purpose == Purpose::Imported));
        assert_eq!(store.annotations(None).expect("read").len(), 3);
    }
}

#[test]
fn what_is_said_of_a_copy_is_about_the_item_it_repeats() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        store.add_classes(&classes()).expect("stored");
        let ann = annotator(&store, "ann");
        let mut copy = text("a");
        copy.identity = "another place".to_owned();
        store.insert_items(&[text("a"), copy], NOW).expect("stored");
        store.append(&[answer(ItemId(2), ann, Some(1))]).expect("stored");
        let facts = store.annotations(None).expect("read");
        assert_eq!((facts[0].fact.item, facts[0].said_of), (ItemId(1), ItemId(2)));
    }
}

#[test]
fn facts_come_back_whole() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        store.add_classes(&classes()).expect("stored");
        let item = insert_texts(&store, 1)[0];
        let mut fact = answer(item, annotator(&store, "ann"), Some(1));
        fact.purpose = Purpose::Review;
        fact.asked_at = Some(NOW);
        fact.took = Some(Duration::from_millis(1_234));
        fact.suggestion = Some(ShownSuggestion {
            label: CAT,
            confidence: 0.1,
            model_version: Some(ModelVersionId(7)),
        });
        let id = store.append(std::slice::from_ref(&fact)).expect("stored")[0];
        drop(store);

        let read = scratch.open().annotations(None).expect("read");
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].id, &read[0].fact), (id, &fact));
    }
}

#[test]
fn the_last_word_counts_and_an_undo_can_be_undone() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        store.add_classes(&classes()).expect("stored");
        let item = insert_texts(&store, 1)[0];
        let (ann, bob) = (annotator(&store, "ann"), annotator(&store, "bob"));
        let say = |class| store.append(&[answer(item, ann, class)]).expect("stored")[0];
        let undo = |target: AnnotationId| {
            let mut fact = answer(item, ann, None);
            fact.undoes = Some(target);
            store.append(&[fact]).expect("stored")[0]
        };
        let current = || -> Vec<Option<Label>> {
            let current = store.current_annotations().expect("read");
            current.into_iter().map(|it| it.fact.label).collect()
        };

        say(Some(0));
        let second = say(Some(1));
        assert_eq!(current(), [Some(DOG)]);
        let undone = undo(second);
        assert_eq!(current(), [Some(CAT)]);
        undo(undone);
        assert_eq!(current(), [Some(DOG)]);
        store.append(&[answer(item, bob, Some(0))]).expect("stored");
        assert_eq!(current(), [Some(DOG), Some(CAT)]);
        say(None);
        assert_eq!(current(), [Some(CAT), None]);
        let after = store.annotations(Some(undone)).expect("read");
        assert_eq!(after.len(), 3);
    }
}

#[test]
fn an_annotator_keeps_its_kind_and_facts_need_their_item() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        store.add_classes(&classes()).expect("stored");
        let ann = annotator(&store, "ann");
        assert_eq!(annotator(&store, "ann"), ann);
        let model = Annotator { name: "ann".to_owned(), kind: AnnotatorKind::Model };
        let error = store.annotator(&model).expect_err("taken").to_string();
        assert!(error.starts_with("`ann` is already an annotator of kind person"), "{error}");

        let item = insert_texts(&store, 1)[0];
        let facts = [answer(item, ann, Some(0)), answer(ItemId(99), ann, Some(0))];
        assert!(matches!(store.append(&facts), Err(Error::Database { .. })));
        assert!(store.annotations(None).expect("read").is_empty(), "all or nothing");
    }
}

#[test]
fn classes_are_added_in_order_and_make_a_schema() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        assert!(store.schema().is_err());
        store.add_classes(&["b".to_owned()]).expect("stored");
        store.add_classes(&["a".to_owned(), "b".to_owned()]).expect("stored");
        drop(store);
        assert_eq!(scratch.open().schema().expect("two").classes(), ["b", "a"]);
    }
}

fn model_version() -> NewModelVersion {
    NewModelVersion {
        backbone: "toy".to_owned(),
        parameters: "{}".to_owned(),
        metrics: "{\"accuracy\":0.5}".to_owned(),
        hash: "00".to_owned(),
        rng_seed: u64::MAX,
        trained_through: AnnotationId(0),
    }
}

#[test]
fn an_audit_goes_from_frozen_over_open_to_its_certificate() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        store.add_classes(&classes()).expect("stored");
        let items = insert_texts(&store, 2_500);
        let version = store.save_model_version(&model_version(), NOW).expect("stored");
        assert_eq!(store.model_versions().expect("read")[0].version, model_version());

        let frozen = NewAudit {
            model_version: version,
            score_hash: "ab".to_owned(),
            population: 2_500,
            rng_seed: 3,
            parameters: "{}".to_owned(),
        };
        let audit = store.freeze_audit(&frozen, NOW).expect("stored");
        let certificate =
            NewCertificate { audit, document: "{}".to_owned(), text: "good".to_owned() };
        let labels: Vec<_> = items.iter().map(|&it| (it, DOG, 0.25)).collect();
        assert!(store.certify(&certificate, &labels, version, NOW).is_err(), "nothing drawn");

        let drawn: Vec<ItemId> = items.iter().rev().step_by(7).copied().collect();
        store.draw_audit(audit, &drawn).expect("stored");
        assert!(store.draw_audit(audit, &drawn).is_err(), "drawn twice");
        let open = store.open_audit().expect("read").expect("open");
        assert_eq!((open.state, &open.drawn, &open.audit), (AuditState::Open, &drawn, &frozen));

        store.certify(&certificate, &labels, version, NOW).expect("stored");
        assert!(store.certify(&certificate, &labels, version, NOW).is_err(), "certified twice");
        assert_eq!(store.open_audit().expect("read"), None);
        assert_eq!(store.certificates().expect("read")[0].certificate, certificate);
        let stored = store.auto_labels().expect("read");
        assert_eq!(stored.len(), 2_500);
        assert_eq!((stored[9].item, &stored[9].label), (items[9], &DOG));
        assert!((stored[9].confidence - 0.25).abs() < f32::EPSILON);

        let second = store.freeze_audit(&frozen, NOW).expect("stored");
        store.draw_audit(second, &drawn[..1]).expect("stored");
        let certificate = NewCertificate { audit: second, ..certificate };
        store.certify(&certificate, &labels[..1], version, NOW).expect("stored");
        assert_eq!(store.auto_labels().expect("read").len(), 1, "replaced");
        let third = store.freeze_audit(&frozen, NOW).expect("stored");
        store.close_audit(third).expect("stored");
        assert_eq!(store.audits().expect("read")[2].state, AuditState::Closed);
    }
}

#[test]
fn events_are_kept_in_order() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        for kind in ["import", "embed"] {
            let event = Event { at: NOW, kind: kind.to_owned(), document: "{}".to_owned() };
            store.record_event(&event).expect("stored");
        }
        let events = store.events().expect("read");
        assert_eq!(
            events.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>(),
            ["import", "embed"]
        );
    }
}

#[test]
fn threads_may_share_a_store() {
    for scratch in Scratch::all() {
        let store = scratch.open();
        store.add_classes(&classes()).expect("stored");
        let items = insert_texts(&store, 10);
        let ann = annotator(&store, "ann");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for &item in &items {
                        store.append(&[answer(item, ann, Some(0))]).expect("stored");
                        store.current_annotations().expect("read");
                    }
                });
            }
        });
        let facts = store.annotations(None).expect("read");
        assert_eq!(facts.len(), 40);
        assert!(facts.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}

#[test]
fn first_starts_may_race() {
    for scratch in Scratch::all() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| drop(scratch.open()));
            }
        });
        assert_eq!(scratch.open().n_items().expect("read"), 0);
    }
}

#[test]
fn a_server_that_is_not_there_is_said_so() {
    let location = Location::Postgres("postgres://nobody@127.0.0.1:1/none".to_owned());
    let error = Store::connect(&location, BeforeWrite::default()).expect_err("no server");
    let error = error.to_string();
    assert!(error.contains("cannot connect to PostgreSQL"), "{error}");
    assert!(error.contains("help: is the server running"), "{error}");
}
