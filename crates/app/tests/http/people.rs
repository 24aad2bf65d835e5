//! Several people at once.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    accounts::{annotator, first_owner, reviewer},
    project::{answer, filled},
    server::Server,
};

#[test]
fn nobody_gets_an_item_that_somebody_has() {
    let server = Server::new();
    let p = filled(&server, 60);
    let owner = first_owner(&server);
    let (ann, bob) = (annotator(&server, "ann", &owner), annotator(&server, "bob", &owner));
    let select = |token: &str, body: Value| {
        let asking = server.request("POST", &format!("/api/projects/{p}/select"));
        let questions =
            asking.json(body).token(token).send().expect(200).json()["questions"].clone();
        questions.as_array().expect("a list").clone()
    };
    let items = |questions: &[Value]| -> HashSet<i64> {
        questions.iter().map(|it| it["item"].as_i64().expect("an id")).collect()
    };
    let anns = select(&ann, json!({ "n": 5 }));
    let bobs = select(&bob, json!({ "n": 5 }));
    assert_eq!((anns.len(), bobs.len()), (5, 5));
    assert!(items(&anns).is_disjoint(&items(&bobs)));
    assert_eq!(items(&select(&ann, json!({ "n": 5 }))), items(&anns), "her own come first");

    let in_anns_hands = json!({ "n": 1, "items": [anns[1]["item"]] });
    assert!(select(&bob, in_anns_hands).is_empty(), "not while she has it in work");

    // A lease is for its bearer: with somebody else's, an answer is one without.
    let stolen = answer(&anns[0], "k-1", 0);
    let asking = server.request("POST", &format!("/api/projects/{p}/annotate"));
    let told =
        asking.json(json!({ "annotations": [stolen] })).token(&bob).send().expect(200).json();
    assert_eq!(told["accepted"].as_array().map(Vec::len), Some(1), "it is a fact all the same");

    let release = server.request("POST", &format!("/api/projects/{p}/select/release"));
    let given_back: Vec<i64> = items(&anns).into_iter().collect();
    release.json(json!({ "items": given_back })).token(&ann).send().expect(204);
    let wanted = json!({ "n": 1, "items": [given_back[0]] });
    assert_eq!(items(&select(&bob, wanted)), HashSet::from([given_back[0]]));
}

#[test]
fn settling_a_disagreement_takes_a_reviewer() {
    let server = Server::new();
    let p = filled(&server, 60);
    let owner = first_owner(&server);
    let (ann, bob) = (annotator(&server, "ann", &owner), annotator(&server, "bob", &owner));
    let rob = reviewer(&server, "rob", &owner);
    let say = |token: &str, key: &str, class: u8, purpose: &str| {
        let said = json!({
            "key": key, "item": 1, "class": class, "lease": null, "purpose": purpose,
            "asked_at": null, "took_ms": null, "suggestion": null,
        });
        let asking = server.request("POST", &format!("/api/projects/{p}/annotate"));
        asking.json(json!({ "annotations": [said] })).token(token).send()
    };
    say(&ann, "a-1", 0, "training").expect(200);
    say(&bob, "b-1", 1, "training").expect(200);
    let review = || {
        let path = format!("/api/projects/{p}/review?kind=disagreement");
        server.request("GET", &path).token(&rob).send().expect(200).json()
    };
    let page = review();
    assert_eq!(
        (&page["counts"]["disagreement"], &page["items"][0]["item"]),
        (&json!(1), &json!(1))
    );
    let said = page["items"][0]["said"].as_array().expect("a list").iter();
    let said: Vec<(&Value, &Value)> = said.map(|it| (&it["annotator"], &it["class"])).collect();
    assert_eq!(said, [(&json!("ann"), &json!(0)), (&json!("bob"), &json!(1))]);

    assert_eq!(say(&ann, "a-2", 0, "review").outcome(), (403, "forbidden".to_owned()));
    say(&rob, "r-1", 1, "review").expect(200);
    assert_eq!(review()["counts"]["disagreement"], 0);
    let item = server.request("GET", &format!("/api/projects/{p}/items/1")).token(&ann).send();
    assert_eq!(item.expect(200).json()["class"], 1);
}
