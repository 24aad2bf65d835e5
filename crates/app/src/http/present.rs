//! What the description of the API promises about what is sent: every field is
//! there, `null` where nothing is known; fields that are taken may be missing.
//! And every refusal has the same body.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Says of every schema that is only sent that all its fields are present.
pub(super) fn promise(api: &mut Value) {
    let taken = taken(api);
    let Some(schemas) = api["components"]["schemas"].as_object_mut() else { return };
    for (name, schema) in schemas {
        if !taken.contains(name) {
            require_all(schema);
        }
    }
}

/// Says of every operation how it is refused.
pub(super) fn describe_refusals(api: &mut Value) {
    let refusal = json!({
        "description": "refused",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
    });
    let paths = api["paths"].as_object_mut().into_iter().flatten();
    for (_, operations) in paths {
        for (_, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["responses"]["default"] = refusal.clone();
        }
    }
}

/// Names of schemas that occur in the body of a request, also within others.
fn taken(api: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let paths = api["paths"].as_object().into_iter().flatten();
    for (_, operations) in paths {
        for (_, operation) in operations.as_object().into_iter().flatten() {
            collect(&operation["requestBody"], &mut found);
        }
    }
    loop {
        let mut more = found.clone();
        for name in &found {
            collect(&api["components"]["schemas"][name], &mut more);
        }
        if more.len() == found.len() {
            return found;
        }
        found = more;
    }
}

/// Adds the names of all schemas that `value` refers to.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let named = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = named.and_then(|it| it.strip_prefix("#/components/schemas/")) {
                found.insert(name.to_owned());
            }
            fields.values().for_each(|it| collect(it, found));
        }
        Value::Array(values) => values.iter().for_each(|it| collect(it, found)),
        _ => {}
    }
}

fn require_all(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let names: Option<Vec<Value>> = fields.get("properties").and_then(|it| {
                Some(it.as_object()?.keys().map(|it| Value::from(it.as_str())).collect())
            });
            if let Some(names) = names {
                fields.insert("required".to_owned(), Value::Array(names));
            }
            fields.values_mut().for_each(require_all);
        }
        Value::Array(values) => values.iter_mut().for_each(require_all),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::promise;

    #[test]
    fn what_is_sent_is_complete_and_what_is_taken_need_not_be() {
        let field = |name: &str| json!({ "properties": { name: { "type": "string" } } });
        let mut api = json!({
            "paths": { "/a": { "post": { "requestBody": { "$ref": "#/components/schemas/In" } } } },
            "components": { "schemas": {
                "In": { "properties": { "b": { "$ref": "#/components/schemas/Within" } } },
                "Within": field("c"),
                "Out": { "allOf": [field("d"), { "$ref": "#/components/schemas/Other" }] },
                "Other": field("e"),
            } },
        });
        promise(&mut api);
        let schemas = &api["components"]["schemas"];
        assert_eq!(schemas["In"]["required"], json!(null));
        assert_eq!(schemas["Within"]["required"], json!(null));
        assert_eq!(schemas["Out"]["allOf"][0]["required"], json!(["d"]));
        assert_eq!(schemas["Other"]["required"], json!(["e"]));
    }
}
