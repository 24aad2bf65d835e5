//! Somebody who answers, over HTTP.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{Failure, pool, server::Server};

/// One connection, kept open.
pub(crate) struct Person {
    agent: ureq::Agent,
    project: String,
    authorization: Option<String>,
    name: String,
    n_answers: AtomicU64,
}

/// How long a server may take to embed, prepare and choose.
const PATIENCE: Duration = Duration::from_mins(30);

impl Person {
    /// Whoever sits at the machine.
    pub(crate) fn local(server: &Server) -> Person {
        Person {
            agent: ureq::Agent::new_with_defaults(),
            project: server.project_url(),
            authorization: None,
            name: "local".to_owned(),
            n_answers: AtomicU64::new(0),
        }
    }

    /// `n` people with accounts.
    pub(crate) fn crowd(server: &Server, n: usize) -> Result<Vec<Person>, Failure> {
        let person = |at: usize| {
            let name = format!("person-{at}");
            let authorization = Some(format!("Bearer {}", server.account(&name)?));
            Ok(Person { authorization, name, ..Person::local(server) })
        };
        (0..n).map(person).collect()
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let mut request = self.agent.post(format!("{}{path}", self.project));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        Ok(request.send_json(body)?.body_mut().read_json()?)
    }

    fn get(&self, path: &str) -> Result<Value, Failure> {
        let mut request = self.agent.get(format!("{}{path}", self.project));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        Ok(request.call()?.body_mut().read_json()?)
    }

    /// Waits until there is something to answer, and leaves it to others.
    pub(crate) fn wait_for_questions(&self) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let batch = self.post("/select", &json!({ "n": 1 }))?;
            if let Some(question) = batch["questions"].get(0) {
                self.post_nothing("/select/release", &json!({ "items": [question["item"]] }))?;
                return Ok(());
            }
            if PATIENCE < began.elapsed() {
                return Err(format!("no question after half an hour: {batch}").into());
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn post_nothing(&self, path: &str, body: &Value) -> Result<(), Failure> {
        let mut request = self.agent.post(format!("{}{path}", self.project));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        request.send_json(body)?;
        Ok(())
    }

    /// Asks for an item and answers it; how long each took.
    pub(crate) fn answer_one(&self) -> Result<(Duration, Option<Duration>), Failure> {
        let began = Instant::now();
        let batch = self.post("/select", &json!({ "n": 1 }))?;
        let next = began.elapsed();
        let Some(question) = batch["questions"].get(0) else { return Ok((next, None)) };
        let text = question["content"]["text"].as_str().ok_or("a text was expected")?;
        let n = self.n_answers.fetch_add(1, Ordering::Relaxed);
        let annotation = json!({
            "key": format!("{}-{n}", self.name),
            "item": question["item"],
            "class": pool::class_of(text),
            "lease": question["lease"],
            "purpose": "training",
            "asked_at": null,
            "took_ms": 900,
            "suggestion": question["suggestion"].as_object().map(|it| json!({
                "class": it["class"], "confidence": it["confidence"], "model_version": it["model_version"],
            })),
        });
        let began = Instant::now();
        let told = self.post("/annotate", &json!({ "annotations": [annotation] }))?;
        if told["accepted"].as_array().is_none_or(Vec::is_empty) {
            return Err(format!("an answer was refused: {told}").into());
        }
        Ok((next, Some(began.elapsed())))
    }

    /// Answers that the present model has learned from.
    pub(crate) fn n_learned(&self) -> Result<u64, Failure> {
        Ok(self.get("/train")?["n_labelled"].as_u64().unwrap_or(0))
    }

    /// Reads a list `n` times from its start, and each time a page further down.
    pub(crate) fn page(&self, n: usize) -> Result<(Vec<Duration>, Vec<Duration>), Failure> {
        let (mut first, mut deep) = (Vec::new(), Vec::new());
        let mut cursor = Value::Null;
        for _ in 0..n {
            let began = Instant::now();
            self.post("/items/query", &json!({ "limit": 50 }))?;
            first.push(began.elapsed());
            let began = Instant::now();
            let page = self.post("/items/query", &json!({ "limit": 50, "cursor": cursor }))?;
            deep.push(began.elapsed());
            cursor = page["next_cursor"].clone();
        }
        Ok((first, deep))
    }
}
