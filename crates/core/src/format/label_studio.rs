//! Label Studio's JSON: tasks with what people answered (annotations) apart
//! from what models said (predictions), for its template with `Choices`.
//!
//! An annotator who is called by an e-mail address is named in `completed_by`,
//! as Label Studio matches them; other names would make it refuse the import,
//! so they stand in `annotator` beside it, which it ignores.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::export::{
    ExportAnnotation, ExportConfig, ExportItem, ExportPrediction, Origin, content_name,
};
use crate::{diagnostic::Diagnostic, item::Media};

pub(super) fn write<W: Write>(
    items: impl Iterator<Item = ExportItem>,
    config: &ExportConfig,
    out: W,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    out.write_all(b"[")?;
    for (i, item) in items.enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, &task(&item, config.media))?;
    }
    out.write_all(b"\n]\n")?;
    out.flush()
}

/// The labelling configuration that fits the exported tasks, to be pasted into
/// a Label Studio project.
pub fn labelling_config(config: &ExportConfig) -> String {
    let (tag, name) = match config.media {
        Media::Text => ("Text", "text"),
        Media::Image => ("Image", "image"),
    };
    let choice = |it: &String| format!("    <Choice value=\"{}\"/>\n", escaped(it));
    let choices: String = config.classes.iter().map(choice).collect();
    format!(
        "<View>\n  <{tag} name=\"{name}\" value=\"${name}\"/>\n  <Choices name=\"label\" toName=\"{name}\" choice=\"single\">\n{choices}  </Choices>\n</View>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn task(item: &ExportItem, media: Media) -> Value {
    let name = content_name(media);
    let result = |label: &String| {
        json!([{
            "from_name": "label", "to_name": name, "type": "choices", "value": {"choices": [label]},
        }])
    };
    let annotation = |it: &ExportAnnotation| {
        let mut value = json!({
            "annotator": it.annotator,
            "result": it.label.as_ref().map_or(json!([]), result),
            "was_cancelled": it.label.is_none(),
        });
        if it.annotator.contains('@') {
            value["completed_by"] = json!({"email": it.annotator});
        }
        if let Some(seconds) = it.seconds {
            value["lead_time"] = json!(seconds);
        }
        if let Some(at) = &it.at {
            value["created_at"] = json!(at);
        }
        value
    };
    let prediction = |it: &ExportPrediction| json!({"model_version": it.model, "score": it.confidence, "result": result(&it.label)});
    let mut data = json!({"id": item.id, "name": item.name});
    if let Some(text) = &item.text {
        data["text"] = json!(text);
    }
    if let Some(image) = &item.image {
        data["image"] = json!(image);
    }
    json!({
        "data": data,
        "annotations": item.annotations.iter().map(annotation).collect::<Vec<_>>(),
        "predictions": item.predictions.iter().map(prediction).collect::<Vec<_>>(),
        "meta": item.label.as_ref().map_or(json!({}), |(label, origin)| meta(label, origin)),
    })
}

/// The final label, which Label Studio has no place for, in the task's `meta`.
fn meta(label: &str, origin: &Origin) -> Value {
    let mut meta = json!({"label": label, "origin": origin.name()});
    match origin {
        Origin::Person { annotators } => meta["annotators"] = json!(annotators),
        Origin::Auto { model, confidence, certificate } => {
            meta["model"] = json!(model);
            meta["confidence"] = json!(confidence);
            meta["certificate"] = json!(certificate);
        }
        Origin::Confirmed { annotators, model, confidence } => {
            meta["annotators"] = json!(annotators);
            meta["model"] = json!(model);
            meta["confidence"] = json!(confidence);
        }
    }
    meta
}

/// The tasks of a Label Studio export, ours or its own, with what could not be
/// read. The final label is ours if the file has it, otherwise that of the
/// newest annotation.
pub fn read(bytes: &[u8]) -> (Vec<ExportItem>, Vec<Diagnostic>) {
    let tasks: Vec<Value> = match serde_json::from_slice(bytes) {
        Ok(tasks) => tasks,
        Err(error) => {
            let message = format!("not a JSON array of tasks: {error}");
            return (Vec::new(), vec![Diagnostic::new("start", message)]);
        }
    };
    let (mut items, mut diagnostics) = (Vec::new(), Vec::new());
    for (i, task) in tasks.iter().enumerate() {
        match item(task) {
            Ok(item) => items.push(item),
            Err(message) => diagnostics.push(Diagnostic::new(format!("task {}", i + 1), message)),
        }
    }
    (items, diagnostics)
}

fn item(task: &Value) -> Result<ExportItem, String> {
    let data = task.get("data").and_then(Value::as_object).ok_or("no object `data`")?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    if text("text").is_none() && text("image").is_none() {
        let found: Vec<&str> = data.keys().map(String::as_str).collect();
        return Err(format!("no `text` or `image` in `data`; found: {}", found.join(", ")));
    }
    let list = |name: &str| task.get(name).and_then(Value::as_array).into_iter().flatten();
    let annotations: Result<Vec<_>, String> = list("annotations").map(annotation).collect();
    let annotations = annotations?;
    let predictions: Result<Vec<_>, String> = list("predictions").map(prediction).collect();
    let own_id = || task.get("id").map(|it| it.as_str().map_or(it.to_string(), str::to_owned));
    let label = task.get("meta").and_then(final_label).or_else(|| {
        let newest = annotations.iter().rev().find(|it| it.label.is_some())?;
        let annotators = vec![newest.annotator.clone()];
        Some((newest.label.clone()?, Origin::Person { annotators }))
    });
    Ok(ExportItem {
        id: text("id").or_else(own_id).unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        text: text("text"),
        image: text("image"),
        label,
        annotations,
        predictions: predictions?,
    })
}

/// The one choice of a result, none if it is empty.
fn choice(value: &Value) -> Result<Option<String>, String> {
    let results = value.get("result").and_then(Value::as_array).ok_or("no array `result`")?;
    let mut choices = Vec::new();
    for result in results {
        let found = result.pointer("/value/choices").and_then(Value::as_array);
        choices.extend(found.into_iter().flatten().filter_map(Value::as_str));
    }
    match choices[..] {
        [] if results.is_empty() => Ok(None),
        [] => Err("a result without `choices`; only classes are read".to_owned()),
        [only] => Ok(Some(only.to_owned())),
        _ => Err(format!("{} choices, expected one", choices.len())),
    }
}

fn annotation(value: &Value) -> Result<ExportAnnotation, String> {
    let completed_by = value.get("completed_by");
    let email = completed_by.and_then(|it| it.get("email").unwrap_or(it).as_str());
    let number = completed_by.and_then(Value::as_i64).map(|it| it.to_string());
    let named = value.get("annotator").and_then(Value::as_str).or(email).map(str::to_owned);
    let is_cancelled = value.get("was_cancelled").and_then(Value::as_bool) == Some(true);
    Ok(ExportAnnotation {
        annotator: named.or(number).unwrap_or_else(|| "unknown".to_owned()),
        label: if is_cancelled { None } else { choice(value)? },
        seconds: value.get("lead_time").and_then(Value::as_f64),
        at: value.get("created_at").and_then(Value::as_str).map(str::to_owned),
    })
}

fn prediction(value: &Value) -> Result<ExportPrediction, String> {
    let model = value.get("model_version").and_then(Value::as_str).unwrap_or("unknown");
    Ok(ExportPrediction {
        model: model.to_owned(),
        label: choice(value)?.ok_or("a prediction without a choice")?,
        confidence: value.get("score").and_then(Value::as_f64),
    })
}

fn final_label(meta: &Value) -> Option<(String, Origin)> {
    let text = |name: &str| meta.get(name).and_then(Value::as_str).map(str::to_owned);
    let confidence = || meta.get("confidence").and_then(Value::as_f64);
    let names = meta.get("annotators").and_then(Value::as_array);
    let annotators: Vec<String> =
        names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let origin = match text("origin")?.as_str() {
        "person" => Origin::Person { annotators },
        "auto" => Origin::Auto {
            model: text("model")?,
            confidence: confidence()?,
            certificate: text("certificate"),
        },
        "confirmed" => {
            Origin::Confirmed { annotators, model: text("model")?, confidence: confidence()? }
        }
        _ => return None,
    };
    Some((text("label")?, origin))
}
