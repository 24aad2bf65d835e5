//! Tests of the readers: layouts found in the wild, and that nothing panics.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::{fmt::Write as _, ops::ControlFlow};

use bytes::Bytes;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Record, TextConfig, class_named, delimited, idx, npz, parquet, read_text};
use crate::label::Schema;

fn shown(records: impl Iterator<Item = Record>) -> String {
    let mut shown = String::new();
    for record in records {
        match record {
            Ok(it) => {
                let (label, id) =
                    (it.label.as_deref().unwrap_or("-"), it.id.as_deref().unwrap_or("-"));
                writeln!(shown, "{}: {:?} {label} {id}", it.place, it.text).expect("in memory");
            }
            Err(it) => writeln!(shown, "{it}").expect("in memory"),
        }
    }
    shown
}

fn read_with(name: &str, input: &[u8], config: &TextConfig) -> String {
    match read_text(name, input, config) {
        Ok(records) => shown(records),
        Err(diagnostic) => format!("error: {diagnostic}\n"),
    }
}

fn check(name: &str, input: &[u8], expect: &Expect) {
    expect.assert_eq(&read_with(name, input, &TextConfig::detect()));
}

fn check_fields(input: &str, text_fields: &[&str], expect: &Expect) {
    let text_fields = text_fields.iter().map(ToString::to_string).collect();
    let config = TextConfig { text_fields, ..TextConfig::detect() };
    expect.assert_eq(&read_with("x.csv", input.as_bytes(), &config));
}

#[test]
fn a_header_with_known_names_decides() {
    check(
        "train.csv",
        b"text,category\nHow do I locate my card?,card_arrival\n\"I waited, long\",card_arrival\n",
        &expect![[r#"
            line 2: "How do I locate my card?" card_arrival -
            line 3: "I waited, long" card_arrival -
        "#]],
    );
}

#[test]
fn chinese_with_a_mark_label_first() {
    check(
        "ChnSentiCorp.csv",
        "\u{FEFF}label,review\n1,\"如果是\"\"蔡陆线\"\"的话\"\n0,早餐太差\n".as_bytes(),
        &expect![[r#"
            line 2: "如果是\"蔡陆线\"的话" 1 -
            line 3: "早餐太差" 0 -
        "#]],
    );
}

#[test]
fn headerless_columns_are_told_apart_by_their_values() {
    check(
        "test.csv",
        b"\"3\",\"Fears for pension\",\"Unions say they are disappointed.\"\n\
          \"4\",\"The race is on!\",\"A second team sets its date.\"\n\
          \"4\",\"Ky. company wins grant\",\"A company won a grant.\"\n",
        &expect![[r#"
            line 1: "Fears for pension. Unions say they are disappointed." 3 -
            line 2: "The race is on! A second team sets its date." 4 -
            line 3: "Ky. company wins grant. A company won a grant." 4 -
        "#]],
    );
    check(
        "dev.tsv",
        b"one long string of cliches\t0\nif you 've ever \"entertained\t1\n\"k 19\" exploits our fear\t0\n",
        &expect![[r#"
            line 1: "one long string of cliches" 0 -
            line 2: "if you 've ever \"entertained" 1 -
            line 3: "\"k 19\" exploits our fear" 0 -
        "#]],
    );
    check(
        "dev.txt",
        "体验2D巅峰 倚天屠龙记十大创新概览\t8\n60年铁树开花形状似玉米芯(组图)\t5\n".as_bytes(),
        &expect![[r#"
            line 1: "体验2D巅峰 倚天屠龙记十大创新概览" 8 -
            line 2: "60年铁树开花形状似玉米芯(组图)" 5 -
        "#]],
    );
}

#[test]
fn an_undecided_file_names_what_it_has() {
    let input = "id,body,stars\n7,a good read,5\n8,not for me,2\n";
    check_fields(
        input,
        &[],
        &expect![[r#"
            error: line 1: no field `text` among id, body, stars
                help: name it, with `--text-field body`
        "#]],
    );
    check_fields(
        input,
        &["bdy"],
        &expect![[r#"
            error: line 1: no field `bdy` among id, body, stars
                help: give one of these names, or a position from 1, to `--text-field`
        "#]],
    );
    check_fields(
        input,
        &["stars", "2"],
        &expect![[r#"
            line 2: "5. a good read" - 7
            line 3: "2. not for me" - 8
        "#]],
    );
}

#[test]
fn a_broken_quote_costs_its_line() {
    check(
        "x.csv",
        b"text,label\n\"never closed,a\nfine,b\n\"said \"hi\" twice\",a\n\"two\nlines\",b\nshort\n\nlast,a",
        &expect![[r#"
            line 2: text behind the closing quote of a field
                help: write quotes inside a quoted field twice: `""`
            line 3: "fine" b -
            line 4: text behind the closing quote of a field
                help: write quotes inside a quoted field twice: `""`
            line 5: "two\nlines" b -
            line 7: found 1 of 2 fields
                help: quote a field that holds the delimiter or a line end
            line 9: "last" a -
        "#]],
    );
    check(
        "x.csv",
        b"text,label\nfine,b\n\"never closed,a\nfine too,b\n",
        &expect![[r#"
            line 2: "fine" b -
            line 3: a quote is opened and never closed
                help: write quotes inside a quoted field twice: `""`
            line 4: "fine too" b -
        "#]],
    );
}

#[test]
fn bad_texts_cost_one_item_each() {
    let mut input = b"text,label\nnul \0 byte,a\nbad \xff byte,a\n,b\n".to_vec();
    input.extend(b"x".repeat(10_000_000));
    input.extend(b",a\n");
    input.extend(b"y".repeat(20_000_000));
    input.extend(b",a\ngood,b\n");
    check(
        "x.csv",
        &input,
        &expect![[r#"
            line 2: NUL byte at byte 4 of the text
                help: remove it; texts hold no binary data
            line 3: invalid bytes for the file's encoding, at byte 4 of the field
                help: if the file has another encoding, name it, with `--encoding`
            line 4: empty text
                help: write something there, or leave it out
            line 5: text of 10,000,000 bytes, the limit is 1,048,576
                help: split it into parts that can be labelled one by one
            line 6: text of 20,000,003 bytes, the limit is 1,048,576
                help: split it into parts that can be labelled one by one
            line 7: "good" b -
        "#]],
    );
    check(
        "x.csv",
        b"",
        &expect![[r#"
            error: start: the file is empty
                help: is it the right file?
        "#]],
    );
}

#[test]
fn lines_and_other_delimiters() {
    check(
        "x.txt",
        b"one\r\n\r\n  two \n",
        &expect![[r#"
        line 1: "one" - -
        line 3: "  two " - -
    "#]],
    );
    check(
        "x.csv",
        b"id;text;label\n1;a, b;x\n2;c;y\n",
        &expect![[r#"
        line 2: "a, b" x 1
        line 3: "c" y 2
    "#]],
    );
}

#[test]
fn json_by_line_in_an_array_and_broken() {
    check(
        "x.jsonl",
        b"{\"text\":\"a\",\"label\":1,\"id\":\"i\"}\n{\"text\":\"b\"\n\n{\"label\":\"x\"}\n{\"text\":3}\n{\"text\":\"c\",\"label\":null}",
        &expect![[r#"
            line 1: "a" 1 i
            line 2: not JSON at column 11: EOF while parsing an object
                help: mend the line, or leave it out
            line 4: no field `text`
                help: put a text there, or name another field, with `--text-field`
            line 5: field `text` is a number, not a text
                help: put a text there, or name another field, with `--text-field`
            line 6: "c" - -
        "#]],
    );
    check(
        "x.json",
        b"[\n {\"data\": {\"text\": \"a ] \\\" b\"}, \"id\": 1},\n {\"data\": oops},\n {\"data\": {\"text\": \"c\"}}\n]\n",
        &expect![[r#"
            line 2: "a ] \" b" - 1
            line 3: not JSON at column 10: expected value
                help: mend the line, or leave it out
            line 4: "c" - -
        "#]],
    );
}

#[test]
fn encodings_are_found() {
    let text = "text,label\n这家酒店的房间很大，早餐也不错，下次还会再来。,好\n服务态度太差了，再也不会来。,差\n";
    let expected = read_with("x.csv", text.as_bytes(), &TextConfig::detect());
    assert!(expected.contains("服务"));
    let (gb18030, _, _) = encoding_rs::GB18030.encode(text);
    let (big5, _, _) =
        encoding_rs::BIG5.encode("text,label\n這家酒店的房間很大，早餐也不錯，下次還會再來。,好\n");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> =
        "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for bytes in [&gb18030[..], &utf16, &marked] {
        assert_eq!(read_with("x.csv", bytes, &TextConfig::detect()), expected);
    }
    assert!(read_with("x.csv", &big5, &TextConfig::detect()).contains("這家酒店"));
}

#[test]
fn text_in_gb18030_far_behind_ascii_is_found() {
    let mut input = b"text,label\n".to_vec();
    for i in 0..30_000 {
        input.extend(format!("plain {i},a\n").bytes());
    }
    let (bytes, _, _) = encoding_rs::GB18030.encode("服务态度太差了，再也不会来。,差\n");
    input.extend(bytes.repeat(20));
    let records = read_text("x.csv", &input[..], &TextConfig::detect()).expect("a header");
    let encoding = records.encoding().clone();
    assert_eq!(
        records.last().expect("records").expect("good").text,
        "服务态度太差了，再也不会来。"
    );
    assert_eq!(encoding.name(), "gb18030");
}

#[test]
fn one_bad_byte_does_not_change_the_encoding() {
    check(
        "x.txt",
        "grüße an äpfel\nöde über ärger\n".as_bytes(),
        &expect![[r#"
        line 1: "grüße an äpfel" - -
        line 2: "öde über ärger" - -
    "#]],
    );
    let mut input = "grüße an äpfel, öde über ärger\n".repeat(3).into_bytes();
    input.extend(b"caf\xe9\n");
    assert!(read_with("x.txt", &input, &TextConfig::detect()).contains("line 4: invalid bytes"));
}

#[test]
fn idx_with_labels_and_promises_it_breaks() {
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3];
    images.extend(0..12);
    let labels = idx::labels(&[0, 0, 8, 1, 0, 0, 0, 2, 7, 9][..]).expect("two labels");
    let read: Vec<_> = idx::images(&images[..], Some(labels)).expect("a header").collect();
    let last = read[1].as_ref().expect("whole");
    assert_eq!((last.pixels.width, last.pixels.height), (3, 2));
    assert_eq!(last.pixels.values, [6, 7, 8, 9, 10, 11]);
    assert_eq!(last.label.as_deref(), Some("9"));

    let liar = [0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3];
    let read: Vec<_> = idx::images(&liar[..], None).expect("a header").collect();
    assert_eq!(read.len(), 1);
    expect!["image 1: the file ends here, 4,294,967,295 images were promised"]
        .assert_eq(&read[0].as_ref().expect_err("cut").to_string());
    let huge = [0, 0, 8, 3, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255];
    assert!(idx::images(&huge[..], None).is_err());
}

#[test]
fn unknown_classes_are_told_with_what_was_meant() {
    let schema = Schema::new(vec!["politics".into(), "sports".into()]).expect("two classes");
    let told = |label| class_named(&schema, label, "line 87").expect_err("unknown").to_string();
    expect![[r#"
        line 87: unknown class: `Politics`
            help: did you mean `politics`?"#]]
    .assert_eq(&told("Politics"));
    expect![[r#"
        line 87: unknown class: `weather`
            help: the classes are: politics, sports"#]]
    .assert_eq(&told("weather"));
}

#[test]
fn a_png_begins_as_one() {
    let pixels =
        super::Pixels { width: 2, height: 1, channels: 3, values: vec![255, 0, 0, 0, 0, 255] };
    let png = pixels.png();
    assert_eq!(&png[..16], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR");
    // The checksum of an IEND chunk is the same in every PNG file.
    assert_eq!(&png[png.len() - 4..], [0xAE, 0x42, 0x60, 0x82]);
}

/// Files written by pandas, pyarrow and `NumPy`, see `reference/format.py`.
const WRITTEN_ELSEWHERE: [(&str, &[u8]); 8] = [
    ("gb18030.csv", include_bytes!("../../reference/format/gb18030.csv")),
    ("utf16.csv", include_bytes!("../../reference/format/utf16.csv")),
    ("index.tsv", include_bytes!("../../reference/format/index.tsv")),
    ("lines.jsonl", include_bytes!("../../reference/format/lines.jsonl")),
    ("array.json", include_bytes!("../../reference/format/array.json")),
    (
        "dictionary_snappy.parquet",
        include_bytes!("../../reference/format/dictionary_snappy.parquet"),
    ),
    ("dictionary_zstd.parquet", include_bytes!("../../reference/format/dictionary_zstd.parquet")),
    ("class_label.parquet", include_bytes!("../../reference/format/class_label.parquet")),
];

fn reference() -> serde_json::Value {
    let json = include_bytes!("../../reference/format.json");
    serde_json::from_slice(json).expect("the script wrote it")
}

#[test]
fn files_written_elsewhere_read_as_there() {
    let reference = reference();
    for (name, bytes) in WRITTEN_ELSEWHERE {
        let config = TextConfig::detect();
        let records = if name.ends_with(".parquet") {
            parquet::read(Bytes::from_static(bytes), &config)
        } else {
            read_text(name, bytes, &config)
        };
        let rows: Vec<serde_json::Value> = records
            .expect("fields")
            .map(|it| it.expect("well formed"))
            .map(|it| serde_json::json!([it.text, it.label, it.id]))
            .collect();
        assert_eq!(serde_json::Value::from(rows), reference["rows"][name], "{name}");
    }
}

#[test]
fn arrays_written_by_numpy_read_as_there() {
    let reference = reference();
    let npz = include_bytes!("../../reference/format/medmnist.npz");
    let mut read = Vec::new();
    let result = npz::visit(std::io::Cursor::new(npz), &mut |it| {
        read.push(it.expect("well formed"));
        ControlFlow::Continue(())
    });
    assert_eq!(result, Ok(()));
    let seen: Vec<_> = read.iter().map(|it| (it.name.as_str(), it.label.as_deref())).collect();
    assert_eq!(
        seen,
        [
            ("train/00000", Some("1")),
            ("train/00001", Some("0")),
            ("test/00000", Some("2")),
            ("test/00001", Some("-1")),
            ("test/00002", Some("300")),
        ]
    );
    let flat = |image: &serde_json::Value| image.to_string().replace(['[', ']'], "");
    let values = |it: &super::Pixels| {
        it.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    assert_eq!(values(&read[1].pixels), flat(&reference["images"]["colour"][1]));
    assert_eq!(values(&read[4].pixels), flat(&reference["images"]["grey"][2]));

    let idx = include_bytes!("../../reference/format/images.idx3-ubyte.gz");
    let images: Vec<_> = idx::images(&idx[..], None).expect("a header").collect();
    assert_eq!(images.len(), 3);
    let last = images[2].as_ref().expect("whole");
    assert_eq!(values(&last.pixels), flat(&reference["images"]["grey"][2]));
}

#[test]
fn a_parquet_file_with_any_byte_changed_never_panics() {
    for (_, bytes) in WRITTEN_ELSEWHERE.iter().filter(|it| it.0.ends_with(".parquet")) {
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xb9, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x80] {
                let mut changed = bytes.to_vec();
                changed[at] = value;
                let _ = parquet::read(Bytes::from(changed), &TextConfig::detect()).map(shown);
            }
        }
    }
}

/// Bytes that look enough like the formats to get behind their first checks.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        any::<u8>().prop_map(|it| vec![it]),
        prop::sample::select(vec![
            &b"\""[..],
            b"\"\"",
            b",",
            b"\t",
            b"\n",
            b"\r\n",
            b"text",
            b"label",
            b"{",
            b"}",
            b"[",
            b"]",
            b":",
            b"{\"text\":\"",
            b"\\",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\0",
            b"\xb0\xa1",
            b"PAR1",
            b"PK\x03\x04",
            b"\x93NUMPY",
            b"\0\0\x08\x03",
            b"\x1f\x8b\x08",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(token, 0..60).prop_map(|it| it.concat())
}

/// Writes `rows` as the `csv` crate does.
fn csv_of(rows: &[(String, String)]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["text", "label"]).expect("in memory");
    for (text, label) in rows {
        writer.write_record([text, label]).expect("in memory");
    }
    writer.into_inner().expect("in memory")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn text_readers_never_panic(input in hostile()) {
        for name in ["x.csv", "x.tsv", "x.txt", "x.jsonl", "x.json", "x.csv.gz"] {
            let _ = read_with(name, &input, &TextConfig::detect());
        }
    }

    #[test]
    fn binary_readers_never_panic(input in hostile()) {
        let _ = parquet::read(Bytes::from(input.clone()), &TextConfig::detect()).map(shown);
        let _ = npz::visit(std::io::Cursor::new(&input), &mut |_| ControlFlow::Continue(()));
        let _ = idx::images(&input[..], None).map(Iterator::count);
        let _ = idx::labels(&input[..]);
    }

    #[test]
    fn damaged_files_never_panic(
        file in 0..WRITTEN_ELSEWHERE.len() + 2,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let npz = ("x.npz", &include_bytes!("../../reference/format/medmnist.npz")[..]);
        let idx = ("x.idx", &include_bytes!("../../reference/format/images.idx3-ubyte.gz")[..]);
        let files = [&WRITTEN_ELSEWHERE[..], &[npz, idx]].concat();
        let (name, bytes) = files[file];
        let mut bytes = bytes.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |it| it.index(bytes.len())));
        let _ = read_with(name, &bytes, &TextConfig::detect());
        let _ = idx::images(&bytes[..], None).map(Iterator::count);
        let _ = npz::visit(std::io::Cursor::new(&bytes), &mut |_| ControlFlow::Continue(()));
        let _ = parquet::read(Bytes::from(bytes), &TextConfig::detect()).map(shown);
    }

    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        rows in prop::collection::vec(("[a-z\",\n\r;é酒 ]{0,12}x", "[a-z\",é]{1,5}"), 1..20)
    ) {
        let input = csv_of(&rows);
        let records = read_text("x.csv", &input[..], &TextConfig::detect()).expect("a header");
        let read: Vec<_> = records
            .map(|it| it.expect("well formed"))
            .map(|it| (it.text, it.label.expect("labelled")))
            .collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn records_behind_a_damaged_one_survive(n in 1_usize..20, bad in 0_usize..20) {
        let mut input = String::from("text,label\n");
        for i in 0..n {
            input.push_str(if i == bad % n { "\"open,a\n" } else { "good,a\n" });
        }
        let records = read_text("x.csv", input.as_bytes(), &TextConfig::detect()).expect("a header");
        prop_assert_eq!(records.flatten().count(), n - 1);
    }

    #[test]
    fn a_text_is_the_same_in_every_encoding(text in "[a-z]{3}[一-龠]{20,60}[a-z,]{0,9}") {
        let utf8 = format!("{text}\n{text}\n");
        let expected = read_with("x.txt", utf8.as_bytes(), &TextConfig::detect());
        let (bytes, _, has_failed) = encoding_rs::GB18030.encode(&utf8);
        prop_assert!(!has_failed);
        let config = TextConfig { encoding: Some("gb18030".into()), ..TextConfig::detect() };
        prop_assert_eq!(read_with("x.txt", &bytes, &config), expected);
    }
}

#[test]
fn records_are_as_wide_as_the_first_good_one() {
    let table = b"\"open\nid,label\n\na,cat\n\"b,\n\"\"2\",dog,\nc\nd,cow,x\n\xff,cow";
    let mut shown = String::new();
    for (line, record) in delimited::records(table, b',') {
        let cells = |it: Vec<Vec<u8>>| it.iter().map(|it| it.escape_ascii().to_string()).collect();
        match record.map(cells) {
            Ok(cells) => {
                let cells: Vec<String> = cells;
                writeln!(shown, "{line}: {}", cells.join(" | "))
            }
            Err(diagnostic) => writeln!(shown, "{diagnostic}"),
        }
        .expect("in memory");
    }
    expect![[r#"
        line 1: text behind the closing quote of a field
            help: write quotes inside a quoted field twice: `""`
        2: id | label
        4: a | cat
        5: b,\n\"2 | dog
        line 7: found 1 of 2 fields
            help: quote a field that holds the delimiter or a line end
        line 8: found 3 of 2 fields
            help: quote a field that holds the delimiter or a line end
        9: \xff | cow
    "#]]
    .assert_eq(&shown);
}
