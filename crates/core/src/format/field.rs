//! Which field of a table is the text, which the label, which the id.

use super::TextConfig;
use crate::diagnostic::Diagnostic;

/// The fields taken for text, label and id. Without a header they are named by
/// position: `1`, `2`, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// In the order in which they are joined; empty where the file has no fields.
    pub text: Vec<String>,
    /// The label.
    pub label: Option<String>,
    /// The id.
    pub id: Option<String>,
}

/// Names that say a field is the text, the likeliest first.
const TEXT_NAMES: [&str; 18] = [
    "text",
    "sentence",
    "content",
    "review",
    "comment",
    "utterance",
    "message",
    "tweet",
    "headline",
    "title",
    "document",
    "question",
    "query",
    "文本",
    "内容",
    "评论",
    "句子",
    "标题",
];
/// Names that say a field is the label, the likeliest first.
const LABEL_NAMES: [&str; 16] = [
    "label",
    "labels",
    "category",
    "class",
    "gold",
    "gold_label",
    "target",
    "sentiment",
    "intent",
    "stance",
    "topic",
    "y",
    "label_text",
    "标签",
    "类别",
    "分类",
];
/// Names that say a field is the id, the likeliest first. Pandas writes its
/// index under the empty name.
const ID_NAMES: [&str; 8] = ["id", "item_id", "uid", "guid", "idx", "index", "编号", ""];

/// Whether `name` is one that this module knows.
pub(super) fn is_known(name: &str) -> bool {
    let known = |names: &[&str]| names.iter().any(|it| !it.is_empty() && same(it, name));
    known(&TEXT_NAMES) || known(&LABEL_NAMES) || known(&ID_NAMES)
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// The fields among `found` (the names in the file, in its order) that the
/// configuration names or, where it does not, that are called as such fields
/// are. The only field left over is the text whatever it is called.
/// `likeliest` is the field to propose when it cannot be decided.
pub(super) fn choose(
    found: &[String],
    place: &str,
    config: &TextConfig,
    likeliest: Option<&str>,
) -> Result<Fields, Diagnostic> {
    let by_name = |names: &[&str]| {
        names.iter().find_map(|name| found.iter().find(|it| same(it, name)).cloned())
    };
    let named = |name: &String, flag| resolve(found, name, place, flag);
    let label = match &config.label_field {
        Some(name) => Some(named(name, "--label-field")?),
        None => by_name(&LABEL_NAMES).filter(|it| !config.text_fields.contains(it)),
    };
    let id = match &config.id_field {
        Some(name) => Some(named(name, "--id-field")?),
        None => by_name(&ID_NAMES).filter(|it| !config.text_fields.contains(it)),
    };
    if !config.text_fields.is_empty() {
        let text: Result<_, _> =
            config.text_fields.iter().map(|name| named(name, "--text-field")).collect();
        return Ok(Fields { text: text?, label, id });
    }
    let is_free = |it: &&String| Some(*it) != label.as_ref() && Some(*it) != id.as_ref();
    let known =
        TEXT_NAMES.iter().find_map(|name| found.iter().filter(is_free).find(|it| same(it, name)));
    let mut free = found.iter().filter(is_free);
    let text = match (known, free.next(), free.next()) {
        (Some(known), ..) => known,
        (None, Some(only), None) => only,
        _ => return Err(undecided(found, place, likeliest)),
    };
    Ok(Fields { text: vec![text.clone()], label, id })
}

fn undecided(found: &[String], place: &str, likeliest: Option<&str>) -> Diagnostic {
    let message = format!("no field `text` among {}", found.join(", "));
    let example = likeliest.or(found.first().map(String::as_str)).unwrap_or("NAME");
    Diagnostic::new(place, message).help(format!("name it, with `--text-field {example}`"))
}

/// The field called `name`, or at that 1-based position.
fn resolve(found: &[String], name: &str, place: &str, flag: &str) -> Result<String, Diagnostic> {
    let exact = found.iter().find(|it| *it == name);
    let folded = || found.iter().find(|it| same(it, name));
    let position = || found.get(name.parse::<usize>().ok()?.checked_sub(1)?);
    exact.or_else(folded).or_else(position).cloned().ok_or_else(|| {
        Diagnostic::new(place, format!("no field `{name}` among {}", found.join(", ")))
            .help(format!("give one of these names, or a position from 1, to `{flag}`"))
    })
}

/// The parts of a text as one: `. ` between parts, or a space after a mark
/// that ends a sentence; blank parts are left out.
pub(super) fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts.iter().filter(|it| !it.trim().is_empty()) {
        if !text.is_empty() {
            let ends =
                text.trim_end().ends_with(['.', '!', '?', ':', ';', '。', '！', '？', '：', '；']);
            text.push_str(if ends { " " } else { ". " });
        }
        text.push_str(part);
    }
    text
}
