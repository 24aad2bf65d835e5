//! A project from nothing to its export, over HTTP alone.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::server::{Reply, Server};

/// Messages about two things: even numbers are about a delivery.
pub(crate) fn messages(n: usize) -> String {
    let mut text = "id,text\n".to_owned();
    for it in 0..n {
        text += &match it % 2 {
            0 => format!("{it},where is my parcel number {it}\n"),
            _ => format!("{it},please refund the payment of invoice {it}\n"),
        };
    }
    text
}

/// A project with `n` messages in it, ready to be labelled.
pub(crate) fn filled(server: &Server, n: usize) -> String {
    let p = server.make("News", &["delivery", "payment"]);
    server.fill(&p, &[("messages.csv", messages(n).as_bytes())]);
    p
}

/// The class of a message.
fn truth(question: &Value) -> u64 {
    let text = question["content"]["text"].as_str().expect("a text");
    u64::from(text.contains("refund"))
}

/// An answer to `question`.
pub(crate) fn answer(question: &Value, key: &str, class: impl Into<Value>) -> Value {
    json!({
        "key": key, "item": question["item"], "class": class.into(), "lease": question["lease"],
        "purpose": "training", "asked_at": null, "took_ms": 900, "suggestion": null,
    })
}

fn annotate(server: &Server, p: &str, annotations: &[Value]) -> Reply {
    server.post(&format!("/api/projects/{p}/annotate"), json!({ "annotations": annotations }))
}

fn select(server: &Server, p: &str, n: usize) -> Value {
    server.post(&format!("/api/projects/{p}/select"), json!({ "n": n })).expect(200).json()
}

#[test]
fn a_project_is_made_found_changed_and_removed() {
    let server = Server::new();
    let p = server.make("Camera traps, May", &["deer", "boar"]);
    assert_eq!(p, "camera-traps-may");
    assert_eq!(server.make("camera traps: May!", &[]), "camera-traps-may-2");
    let path = format!("/api/projects/{p}");
    let reply = server.get(&path).expect(200);
    let project = reply.json();
    assert_eq!(project["phase"], "empty");
    assert_eq!(project["name"], "Camera traps, May");
    assert_eq!(project["settings"]["classes"][1]["name"], "boar");
    assert_eq!(project["settings"]["classes"][1]["key"], "2");
    assert_eq!(server.get("/api/projects").expect(200).json().as_array().map(Vec::len), Some(2));

    let change = |tag: &str, patch: Value| {
        let asking = server.request("PATCH", &path).json(patch);
        let asking = if tag.is_empty() { asking } else { asking.header("if-match", tag) };
        asking.send()
    };
    let tag = reply.header("etag");
    assert_eq!(change("", json!({ "overlap": 2 })).outcome(), (428, "stale".to_owned()));
    let changed = change(tag, json!({ "overlap": 2, "budget": 100 })).expect(200);
    assert_eq!(changed.json()["settings"]["overlap"], 2);
    let second = change(tag, json!({ "overlap": 3 }));
    assert_eq!(second.outcome(), (412, "stale".to_owned()), "somebody was faster");
    let tag = changed.header("etag").to_owned();
    let changed = change(&tag, json!({ "budget": null, "strategy": "badge" })).expect(200);
    let settings = changed.json()["settings"].clone();
    assert_eq!((&settings["budget"], &settings["overlap"]), (&Value::Null, &json!(2)));
    assert_eq!(settings["strategy"], "badge");

    let classes = |keys: [&str; 2], colour: &str| {
        let class = |(name, key)| json!({ "name": name, "key": key, "colour": colour });
        let classes: Vec<Value> = ["deer", "boar"].into_iter().zip(keys).map(class).collect();
        json!({ "classes": classes })
    };
    let tag = changed.header("etag");
    for wrong in [
        classes(["k", "K"], "#123456"),
        classes(["1", "n"], "#123456"),
        classes(["1", "12"], "#123456"),
        classes(["1", "2"], "red"),
        json!({ "strategy": "smart" }),
        json!({ "goal": { "max_error": 5, "confidence": 0.95 } }),
        json!({ "overlap": 0 }),
        json!({ "model": "resnet-9000" }),
        json!({ "classes": [{ "name": "boar", "key": "1", "colour": "#000000" }] }),
        json!({ "nonsense": 1 }),
    ] {
        let reply = change(tag, wrong.clone());
        assert!([400, 422].contains(&reply.status.as_u16()), "{wrong}: {}", reply.text());
        assert_eq!(reply.json()["code"], "invalid");
    }
    let changed = change(tag, classes(["k", ""], "#123456")).expect(200);
    assert_eq!(changed.json()["settings"]["classes"][0]["key"], "K");
    let remove =
        |confirm: &str| server.request("DELETE", &format!("{path}?confirm={confirm}")).send();
    assert_eq!(remove("camera-traps-may").outcome(), (409, "conflict".to_owned()));
    remove("Camera%20traps,%20May").expect(204);
    assert!(!server.path(&p).exists());
    assert_eq!(server.get(&path).outcome(), (404, "not_found".to_owned()));
}

#[test]
fn an_import_tells_what_became_of_it() {
    let server = Server::new();
    let p = server.make("News", &["delivery", "payment"]);
    let text = messages(40) + "40,where is my parcel number 0\n41,\n";
    let state = server.fill(&p, &[("messages.csv", text.as_bytes())]);
    let counts = ["n_added", "n_duplicates", "n_problems"].map(|it| state[it].as_u64());
    assert_eq!(counts, [Some(40), Some(1), Some(1)], "{state}");
    assert_eq!((&state["is_running"], &state["error"]), (&json!(false), &Value::Null));
    let problem = &state["problems"][0];
    assert!(problem["item"].as_str().is_some_and(|it| it.contains("messages.csv")), "{problem}");
    let project = server.get(&format!("/api/projects/{p}")).expect(200).json();
    assert_eq!((&project["media"], &project["n_items"]), (&json!("text"), &json!(41)));
    assert!(project["backbone"].as_str().is_some_and(|it| it.starts_with("all-minilm")));

    let import = |body: Value| server.post(&format!("/api/projects/{p}/import"), body);
    assert_eq!(import(json!({})).outcome(), (400, "invalid".to_owned()));
    assert_eq!(import(json!({ "upload": "other" })).outcome(), (400, "invalid".to_owned()));
    assert_eq!(import(json!({ "path": "/nowhere" })).outcome(), (400, "invalid".to_owned()));
    let me = server.get("/api/session").expect(200).json()["user"]["name"].clone();
    let mine = format!("gold:{}", me.as_str().expect("a name"));
    let reply = import(json!({ "upload": "u-1", "labels_as": mine }));
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("is a person who answers here"), "{}", reply.text());
    let reply = import(json!({ "upload": "u-1", "labels_as": "somebody" }));
    assert_eq!(reply.outcome(), (400, "invalid".to_owned()));
}

#[test]
fn an_answer_is_kept_once_whatever_the_network_does() {
    let server = Server::new();
    let p = filled(&server, 60);
    let batch = select(&server, &p, 3);
    assert_eq!(batch["phase"], "training");
    let questions = batch["questions"].as_array().expect("a list");
    assert_eq!(questions.len(), 3);
    assert_eq!(questions[0]["neighbours"].as_array().map(Vec::len), Some(4));

    let first = answer(&questions[0], "k-1", truth(&questions[0]));
    let unknown = json!({ "item": 9999, "lease": null });
    let sent = [
        first.clone(),
        answer(&unknown, "k-2", 0),
        answer(&questions[1], "k-3", 7),
        answer(&questions[1], "k-4", Value::Null),
    ];
    let told = annotate(&server, &p, &sent).expect(200).json();
    assert_eq!(told["accepted"].as_array().map(Vec::len), Some(2), "{told}");
    let refused: Vec<&Value> =
        told["refused"].as_array().expect("a list").iter().map(|it| &it["code"]).collect();
    assert_eq!(refused, ["not_found", "invalid"]);
    let again = annotate(&server, &p, &[first]).expect(200).json();
    assert_eq!(again["accepted"][0], told["accepted"][0], "the same acknowledgement");

    let history = format!("/api/projects/{p}/annotate");
    let said = server.get(&format!("{history}?limit=1")).expect(200).json();
    assert_eq!(said["items"][0]["class"], Value::Null, "the skip came last");
    let cursor = said["next_cursor"].as_str().expect("there is more");
    let said = server.get(&format!("{history}?limit=1&cursor={cursor}")).expect(200).json();
    assert_eq!(said["items"][0]["item"], questions[0]["item"]);
    assert_eq!(said["next_cursor"], Value::Null);

    let restarted = server.restarted();
    let said = restarted.get(&history).expect(200).json();
    assert_eq!(said["items"].as_array().map(Vec::len), Some(2), "nothing was lost");
}

#[test]
fn an_answer_can_be_taken_back_and_restored() {
    let server = Server::new();
    let p = filled(&server, 60);
    let (undo, redo) =
        (format!("/api/projects/{p}/annotate/undo"), format!("/api/projects/{p}/annotate/redo"));
    let key = |key: &str| json!({ "key": key });
    assert_eq!(server.post(&undo, key("u-0")).outcome(), (409, "conflict".to_owned()));
    let question = select(&server, &p, 1)["questions"][0].clone();
    annotate(&server, &p, &[answer(&question, "k-1", 1)]).expect(200);
    let undone = server.post(&undo, key("u-1")).expect(200).json();
    assert_eq!(undone["undone"]["class"], 1);
    assert_eq!(undone["question"]["item"], question["item"]);
    assert_eq!(undone["question"]["previous"], 1);
    let detail = |what: &str| {
        let item = &question["item"];
        let detail = server.get(&format!("/api/projects/{p}/items/{item}")).expect(200).json();
        detail[what].clone()
    };
    assert_eq!(detail("annotations"), json!([]));
    let redone = server.post(&redo, key("r-1")).expect(200).json();
    assert_eq!(redone["redone"]["class"], 1);
    assert_eq!(detail("annotations")[0]["class"], 1);
    assert_eq!(detail("origin"), "person");
    assert_eq!(server.post(&redo, key("r-2")).outcome(), (409, "conflict".to_owned()));
}

#[test]
fn items_are_found_by_what_is_known_about_them() {
    let server = Server::new();
    let p = filled(&server, 60);
    let find = |query: Value| server.post(&format!("/api/projects/{p}/items/query"), query);
    let page = find(json!({ "limit": 25 })).expect(200).json();
    assert_eq!((&page["total"], page["items"].as_array().map(Vec::len)), (&json!(60), Some(25)));
    let cursor = &page["next_cursor"];
    let next = find(json!({ "limit": 25, "cursor": cursor })).expect(200).json();
    assert_ne!(next["items"][0], page["items"][0]);
    let found = find(json!({ "text": "INVOICE 7" })).expect(200).json();
    assert_eq!(found["total"], 1, "{found}");
    let item = &found["items"][0]["item"];
    assert_eq!(find(json!({ "class": 0, "where": "1 = 1" })).json()["code"], "invalid");
    assert_eq!(find(json!({ "sort": "content" })).json()["code"], "invalid");
    assert_eq!(find(json!({ "cursor": "x" })).outcome(), (400, "invalid".to_owned()));

    let remarks = format!("/api/projects/{p}/items/{item}/remarks");
    let flag = json!({ "key": "f-1", "text": "which invoice?", "is_flag": true });
    let remark = server.post(&remarks, flag.clone()).expect(201).json();
    assert_eq!((&remark["annotator"], &remark["is_resolved"]), (&json!("mia"), &json!(false)));
    assert_eq!(server.post(&remarks, flag).expect(201).json()["id"], remark["id"]);
    assert_eq!(find(json!({ "is_flagged": true })).expect(200).json()["total"], 1);
    server.post(&format!("{remarks}/{}/resolve", remark["id"]), Value::Null).expect(204);
    assert_eq!(find(json!({ "is_flagged": true })).expect(200).json()["total"], 0);
    assert_eq!(server.post(&format!("{remarks}/99/resolve"), Value::Null).status, 404);

    let near = server.get(&format!("/api/projects/{p}/items/{item}/neighbours?n=5"));
    let near = near.expect(200).json();
    let similarities: Vec<f64> = near
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["similarity"].as_f64().expect("a number"))
        .collect();
    assert_eq!(similarities.len(), 5);
    assert!(similarities.is_sorted_by(|a, b| b <= a), "{similarities:?}");
    assert_eq!(server.get(&format!("/api/projects/{p}/items/9999")).outcome().0, 404);
}

#[test]
fn labelling_ends_with_a_certificate_and_an_export() {
    let server = Server::new();
    let p = filled(&server, 200);
    let mut events = server.events(&p);
    let (mut n_answered, mut seen, mut asked) = (0, Vec::new(), HashSet::new());
    loop {
        let batch = select(&server, &p, 10);
        let phase = batch["phase"].as_str().expect("a phase").to_owned();
        if seen.last() != Some(&phase) {
            seen.push(phase.clone());
        }
        if phase == "certified" || phase == "all_answered" {
            break;
        }
        let questions = batch["questions"].as_array().expect("a list");
        if questions.is_empty() {
            // The model is at work; it says so when it is done.
            events.next();
            continue;
        }
        for question in questions {
            if question["purpose"] == "audit" {
                assert_eq!(question["suggestion"], Value::Null, "an audit is blind");
                assert_eq!(question["neighbours"], json!([]));
            }
            n_answered += 1;
            // The audit is blind: what was answered with a suggestion in sight
            // while it was drawn is asked once more.
            let is_new = asked.insert(question["item"].as_i64());
            assert!(is_new || question["purpose"] == "audit", "asked twice: {question}");
            let key = format!("k-{n_answered}");
            annotate(&server, &p, &[answer(question, &key, truth(question))]).expect(200);
        }
        assert!(n_answered <= 200, "{seen:?}");
    }
    assert_eq!(seen.last().map(String::as_str), Some("certified"), "{seen:?}");
    assert!(seen.contains(&"audit".to_owned()), "{seen:?}");

    let state = server.get(&format!("/api/projects/{p}/auto-label")).expect(200).json();
    let certificate = &state["certificate"];
    assert_eq!(certificate["document"]["max_error"], 0.05);
    let path = format!("/api/projects/{p}/certificates/{}", certificate["id"]);
    let text = server.get(&format!("{path}?format=text")).expect(200);
    assert!(text.text().starts_with("CERTIFICATE"));
    assert!(text.header("content-disposition").starts_with("attachment"));
    assert_eq!(server.get(&path).expect(200).json(), certificate["document"]);

    let plan = server.get(&format!("/api/projects/{p}/plan")).expect(200).json();
    assert_eq!(plan["n_answered"], asked.len());
    let verified = server.get(&format!("/api/projects/{p}/verify")).expect(200).json();
    assert_eq!(verified["basis"], "audit");
    let csv = server.get(&format!("/api/projects/{p}/export/csv")).expect(200);
    assert_eq!(csv.text().lines().count(), 201);
    assert!(csv.header("content-disposition").contains("news-labels.csv"));
    let zip = server.get(&format!("/api/projects/{p}/export/hugging-face")).expect(200);
    assert!(zip.body.starts_with(b"PK\x03\x04"));
    assert_eq!(server.get(&format!("/api/projects/{p}/export/sql")).status, 404);
    let left: Vec<_> = std::fs::read_dir(server.path(&p).join("exports")).expect("there").collect();
    assert!(left.is_empty(), "a download leaves nothing: {left:?}");
}

#[test]
fn the_pool_becomes_a_map() {
    let server = Server::new();
    let p = filled(&server, 60);
    let mut events = server.events(&p);
    let path = format!("/api/projects/{p}/explore");
    let first = server.get(&path);
    let map = match first.status.as_u16() {
        202 => {
            assert_eq!(first.json(), json!({ "state": "computing" }));
            events.wait_for("map", |_| true);
            server.get(&path).expect(200)
        }
        _ => first.expect(200),
    };
    assert_eq!(map.body.len(), 8 + 60 * 16);
    assert_eq!(map.body[..8], [0x31, 0x4d, 0x4e, 0x41, 60, 0, 0, 0]);
}
