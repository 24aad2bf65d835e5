//! Tests of the writers: what is written is read back the same.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use bytes::Bytes;
use expect_test::{expect, expect_file};
use proptest::prelude::*;

use super::{
    TextConfig,
    card::{Card, Origins, Quality, data_set_card, metadata_csv},
    export::{
        ExportAnnotation, ExportConfig, ExportFormat, ExportItem, ExportPrediction, Origin, write,
    },
    label_studio, parquet, read_text,
};
use crate::item::Media;

const CLASSES: [&str; 3] = ["good", "bad, or worse", "无法判断"];

fn config() -> ExportConfig {
    ExportConfig { media: Media::Text, classes: CLASSES.map(str::to_owned).to_vec() }
}

fn confidence() -> impl Strategy<Value = f64> {
    (0_u32..=1000).prop_map(|it| f64::from(it) / 1000.0)
}

fn origin() -> impl Strategy<Value = Origin> {
    let names = || prop::collection::vec("[a-zé@.]{1,8}", 1..3);
    prop_oneof![
        names().prop_map(|annotators| Origin::Person { annotators }),
        ("v[0-9]", confidence(), prop::option::of("[a-f0-9]{8}")).prop_map(
            |(model, confidence, certificate)| Origin::Auto { model, confidence, certificate }
        ),
        (names(), "v[0-9]", confidence()).prop_map(|(annotators, model, confidence)| {
            Origin::Confirmed { annotators, model, confidence }
        }),
    ]
}

fn class() -> impl Strategy<Value = String> {
    prop::sample::select(CLASSES.map(str::to_owned).to_vec())
}

fn item() -> impl Strategy<Value = ExportItem> {
    let annotation = ("[a-z@]{1,6}", prop::option::of(class()), prop::option::of(0_u32..1000))
        .prop_map(|(annotator, label, seconds)| {
            let at = Some("2026-01-02T03:04:05Z".to_owned());
            ExportAnnotation { annotator, label, seconds: seconds.map(f64::from), at }
        });
    let prediction = ("v[0-9]", class(), prop::option::of(confidence()))
        .prop_map(|(model, label, confidence)| ExportPrediction { model, label, confidence });
    (
        "[a-z0-9]{1,8}",
        "[-=+@a-z\",;\t\r\n'<&服务é🙂 ]{0,20}x",
        prop::option::of((class(), origin())),
        prop::collection::vec(annotation, 0..3),
        prop::collection::vec(prediction, 0..3),
    )
        .prop_map(|(id, text, label, annotations, predictions)| ExportItem {
            name: format!("reviews.csv:{id}"),
            id,
            text: Some(text),
            image: None,
            label,
            annotations,
            predictions,
        })
}

fn written(format: ExportFormat, items: &[ExportItem]) -> Vec<u8> {
    let mut out = Vec::new();
    write(format, items.to_vec(), &config(), &mut out).expect("in memory");
    out
}

/// Text, label and id of every record.
type Core = Vec<(String, Option<String>, Option<String>)>;

fn core_of(items: &[ExportItem]) -> Core {
    let core = |it: &ExportItem| {
        let label = it.label.as_ref().map(|it| it.0.clone());
        (it.text.clone().expect("texts"), label, Some(it.id.clone()))
    };
    items.iter().map(core).collect()
}

fn read_core(name: &str, bytes: &[u8]) -> Core {
    let core = |it: super::Record| {
        let it = it.expect("well formed");
        (it.text, it.label, it.id)
    };
    if name == "x.parquet" {
        let bytes = Bytes::copy_from_slice(bytes);
        return parquet::read(bytes, &TextConfig::detect()).expect("fields").map(core).collect();
    }
    read_text(name, bytes, &TextConfig::detect()).expect("fields").map(core).collect()
}

fn damaged(file: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let len = file.len();
    let changes = prop::collection::vec((0..len, any::<u8>()), 1..6);
    (changes, 0..=len).prop_map(move |(changes, cut)| {
        let mut file = file.clone();
        for (at, byte) in changes {
            file[at] = byte;
        }
        file.truncate(if cut % 3 == 0 { cut } else { len });
        file
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn import_undoes_export(items in prop::collection::vec(item(), 1..12)) {
        for (format, name) in [
            (ExportFormat::Csv, "x.csv"),
            (ExportFormat::Jsonl, "x.jsonl"),
            (ExportFormat::Parquet, "x.parquet"),
            (ExportFormat::HuggingFace, "x.parquet"),
        ] {
            prop_assert_eq!(read_core(name, &written(format, &items)), core_of(&items));
        }
    }

    #[test]
    fn label_studio_keeps_everything(items in prop::collection::vec(item(), 0..8)) {
        let (read, diagnostics) = label_studio::read(&written(ExportFormat::LabelStudio, &items));
        prop_assert_eq!(diagnostics, vec![]);
        for (read, item) in read.iter().zip(&items) {
            let is_unlabelled = item.label.is_none();
            let read = ExportItem { label: if is_unlabelled { None } else { read.label.clone() }, ..read.clone() };
            prop_assert_eq!(&read, item);
        }
        prop_assert_eq!(read.len(), items.len());
    }

    #[test]
    fn damaged_parquet_never_panics(
        file in damaged(written(ExportFormat::HuggingFace, &[one_item(), one_item()]))
    ) {
        if let Ok(records) = parquet::read(Bytes::from(file), &TextConfig::detect()) {
            let _ = records.count();
        }
    }

    #[test]
    fn damaged_label_studio_never_panics(
        file in damaged(written(ExportFormat::LabelStudio, &[one_item(), one_item()]))
    ) {
        let _ = label_studio::read(&file);
    }
}

fn one_item() -> ExportItem {
    ExportItem {
        id: "7".into(),
        name: "reviews.csv:87".into(),
        text: Some("=fine, \"really\"".into()),
        image: None,
        label: Some((
            "good".into(),
            Origin::Auto { model: "v3".into(), confidence: 0.97, certificate: Some("c1".into()) },
        )),
        annotations: vec![ExportAnnotation {
            annotator: "anna@example.org".into(),
            label: Some("good".into()),
            seconds: Some(2.5),
            at: Some("2026-01-02T03:04:05Z".into()),
        }],
        predictions: vec![ExportPrediction {
            model: "v3".into(),
            label: "good".into(),
            confidence: Some(0.97),
        }],
    }
}

#[test]
fn the_formats_by_example() {
    let shown = |format| String::from_utf8(written(format, &[one_item()])).expect("text");
    expect![[r#"
        id,name,text,label,origin,annotators,model,confidence,certificate
        7,reviews.csv:87,"=fine, ""really""",good,auto,,v3,0.97,c1
    "#]]
    .assert_eq(&shown(ExportFormat::Csv));
    expect![[r#"
        {"text":"=fine, \"really\"","id":"7","name":"reviews.csv:87","label":"good","origin":"auto","annotators":[],"model":"v3","confidence":0.97,"certificate":"c1","annotations":[{"annotator":"anna@example.org","label":"good","seconds":2.5,"at":"2026-01-02T03:04:05Z"}],"predictions":[{"model":"v3","label":"good","confidence":0.97}]}
    "#]]
    .assert_eq(&shown(ExportFormat::Jsonl));
    expect![[r#"
        [
        {"annotations":[{"annotator":"anna@example.org","completed_by":{"email":"anna@example.org"},"created_at":"2026-01-02T03:04:05Z","lead_time":2.5,"result":[{"from_name":"label","to_name":"text","type":"choices","value":{"choices":["good"]}}],"was_cancelled":false}],"data":{"id":"7","name":"reviews.csv:87","text":"=fine, \"really\""},"meta":{"certificate":"c1","confidence":0.97,"label":"good","model":"v3","origin":"auto"},"predictions":[{"model_version":"v3","result":[{"from_name":"label","to_name":"text","type":"choices","value":{"choices":["good"]}}],"score":0.97}]}
        ]
    "#]]
    .assert_eq(&shown(ExportFormat::LabelStudio));
    expect![[r#"
        <View>
          <Text name="text" value="$text"/>
          <Choices name="label" toName="text" choice="single">
            <Choice value="good"/>
            <Choice value="bad, or worse"/>
            <Choice value="无法判断"/>
          </Choices>
        </View>
    "#]]
    .assert_eq(&label_studio::labelling_config(&config()));
}

#[test]
fn what_a_format_does_not_hold_is_told() {
    let mut twice = one_item();
    twice.annotations.push(twice.annotations[0].clone());
    let mut unknown = one_item();
    unknown.label = unknown.label.map(|(_, origin)| ("ugly".to_owned(), origin));
    unknown.text = None;
    let told = write(ExportFormat::HuggingFace, [twice, unknown], &config(), Vec::new());
    let told: Vec<String> = told.expect("in memory").iter().map(ToString::to_string).collect();
    expect![[r#"
        2 items: more annotations or predictions than this format holds; the final label is kept
            help: export JSONL or Label Studio JSON to keep them all
        1 item: no text; written without one
            help: export texts and pictures one after the other
        1 item: a label that is no class of the schema; written without one
            help: add the class to the schema, or export plain Parquet"#]]
    .assert_eq(&told.join("\n"));
    assert_eq!(
        write(ExportFormat::Csv, [one_item()], &config(), Vec::new()).expect("in memory"),
        []
    );
}

#[test]
fn pictures_have_a_metadata_file() {
    let item = ExportItem { text: None, image: Some("good/3.jpg".into()), ..one_item() };
    let mut out = Vec::new();
    metadata_csv([item], &mut out).expect("in memory");
    expect![[r#"
        file_name,id,name,label,origin,annotators,model,confidence,certificate
        good/3.jpg,7,reviews.csv:87,good,auto,,v3,0.97,c1
    "#]]
    .assert_eq(&String::from_utf8(out).expect("text"));
}

#[test]
fn a_card_says_what_how_by_whom_and_how_good() {
    let card = Card {
        title: "Hotel \"reviews\"".into(),
        media: Media::Text,
        languages: vec!["zh".into()],
        classes: vec![("good".into(), 5322), ("bad | worse".into(), 2444)],
        origins: Origins { n_person: 612, n_auto: 7000, n_confirmed: 154, n_unlabelled: 0 },
        annotators: vec![("anna".into(), 612)],
        models: vec!["v3".into()],
        qualities: vec![
            Quality {
                name: "macro F1".into(),
                value: 0.9512,
                interval: Some((0.931, 0.9688)),
                basis: "400 audited items".into(),
            },
            Quality {
                name: "F1 of `bad`".into(),
                value: 0.9,
                interval: None,
                basis: "9 items".into(),
            },
        ],
        certificate: Some("At most 5 % of the labels are wrong.".into()),
    };
    expect_file!["../../reference/format/card.md"].assert_eq(&data_set_card(&card));
}
