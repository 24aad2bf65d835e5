//! Answers, typed and from files.

use expect_test::expect;

use crate::shell::{Shell, messages};

#[test]
fn a_person_answers_line_by_line() {
    Shell::new()
        .write("messages.csv", &messages(4))
        .annota("init p --classes delivery,payment")
        .annota("import messages.csv --project p")
        .annota("train --project p")
        .annota("embed --project p")
        .annota_with("annotate --project p --budget 3 --quiet", "delivery\nundo\n1\n5\nskip\nq\n")
        .annota("train --project p --rng-seed 3")
        .annota("status --project p")
        .check(&expect![[r#"
            $ annota init p --classes delivery,payment
            made a project: DIR/p
            $ annota import messages.csv --project p
            messages.csv: 8 new items
              8 labels left alone: say whose they are, with `--as`
              messages.csv: text from text, label from label, id from id, UTF-8
            $ annota train --project p
            ! error: nothing is embedded yet
            !   help: run `annota embed` first
            exit code 2
            $ annota embed --project p
            embedded 8 items with all-minilm-l6-v2+rten+6ce732249450fa48, 0 were cached
            $ annota annotate --project p --budget 3 --quiet
            labelled 1 item; 1 of 8 are
            ! 1 of 3  messages.csv:5  (typical of many items)
            ! please refund the payment of invoice 1
            ! 2 of 3  messages.csv:4  (typical of many items)
            ! where is my parcel number 1
            ! 1 of 3  messages.csv:5  (typical of many items)
            ! please refund the payment of invoice 1
            ! 2 of 3  messages.csv:4  (typical of many items)
            ! where is my parcel number 1
            ! unknown class: `5`
            ! 3 of 3  messages.csv:2  (typical of many items)
            ! where is my parcel number 0
            $ annota train --project p --rng-seed 3
            model version 1, learned from 1 item
            right, out of fold: not enough data (1 of 21)
            $ annota status --project p
            project      DIR/p (SQLite)
            items        8, and 0 duplicates
            classes      delivery, payment
            annotations  1 training
            auto labels  0

            annotator  kind    annotations
            mia        person            2
        "#]]);
}

#[test]
fn answers_come_from_a_file() {
    Shell::new()
        .write("messages.csv", &messages(3))
        .write("gold.csv", "id,label\nd0,delivery\np0,payment\nd1,\np1,paiment\nx,delivery\nd2\n")
        .write("other.csv", "id,label\nx,delivery\n")
        .write("blank.csv", "id,label\nd0,\nd1,\n")
        .annota("init p --classes delivery,payment")
        .annota("import messages.csv --project p --quiet")
        .annota("annotate --from gold.csv --project p")
        .annota("annotate --from gold.csv --project p --json --quiet")
        .annota("annotate --from blank.csv --project p")
        .annota("annotate --oracle other.csv --project p")
        .check(&expect![[r#"
            $ annota init p --classes delivery,payment
            made a project: DIR/p
            $ annota import messages.csv --project p --quiet
            messages.csv: 6 new items
              6 labels left alone: say whose they are, with `--as`
              messages.csv: text from text, label from label, id from id, UTF-8
            $ annota annotate --from gold.csv --project p
            labelled 2 items; 2 of 6 are
              1 line without an answer
              3 lines left out
            ! warning: 3 of 6 lines of `gold.csv` were left out
            !   gold.csv:5: unknown class: `paiment`
            !     help: did you mean `payment`?
            !   gold.csv:6: unknown item: `x`
            !     help: write the item's id or name, as in `d0`
            !   gold.csv:7: found 1 of 2 fields
            !     help: quote a field that holds the delimiter or a line end
            $ annota annotate --from gold.csv --project p --json --quiet
            {
              "newly_labelled": 2,
              "labelled": 2,
              "items": 6,
              "unanswered": 1,
              "left_out": 3,
              "diagnostics": [
                {
                  "place": "gold.csv:5",
                  "message": "unknown class: `paiment`",
                  "help": "did you mean `payment`?"
                },
                {
                  "place": "gold.csv:6",
                  "message": "unknown item: `x`",
                  "help": "write the item's id or name, as in `d0`"
                },
                {
                  "place": "gold.csv:7",
                  "message": "found 1 of 2 fields",
                  "help": "quote a field that holds the delimiter or a line end"
                }
              ]
            }
            $ annota annotate --from blank.csv --project p
            ! error: nothing in `blank.csv` could be used
            !   found: 2 lines, 2 without an answer
            !   help: write an answer beside each item, or give another file
            exit code 2
            $ annota annotate --oracle other.csv --project p
            ! warning: 1 of 1 lines of `other.csv` were left out
            !   other.csv:2: unknown item: `x`
            !     help: write the item's id or name, as in `d0`
            ! error: nothing in `other.csv` could be used
            !   found: 1 line, 1 left out
            !   help: mend what is listed, or give another file
            exit code 2
        "#]]);
}

#[test]
fn an_answer_about_a_duplicate_counts_for_what_it_duplicates() {
    let mut shell = Shell::new();
    shell.write("texts.csv", "id,text\na,where is it\nb,refund me\nc,where is it\n");
    shell.write("gold.csv", "id,label\nc,delivery\n");
    shell.run("init p --classes delivery,payment", "");
    shell.run("import texts.csv --project p --quiet", "");
    shell.run("embed --project p --quiet", "");
    let (code, out, err) = shell.run("annotate --from gold.csv --project p", "");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "labelled 1 item; 1 of 2 are\n", ""));
    let (code, out, err) = shell.run("train --project p --json --quiet", "");
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn an_answer_file_in_gb18030_is_read() {
    let mut shell = Shell::new();
    shell.write("texts.csv", "id,text\na,where is it\nb,refund me\n");
    let gold = b"id,label\na,\xcd\xb6\xcb\xdf\nb,\xd7\xc9\xd1\xaf\n";
    std::fs::write(shell.path("gold.csv"), gold).expect("written");
    shell.run("init p --classes 投诉,咨询", "");
    shell.run("import texts.csv --project p --quiet", "");
    let (code, out, err) = shell.run("annotate --from gold.csv --project p", "");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "labelled 2 items; 2 of 2 are\n", ""));
}

#[test]
fn an_oracle_without_an_answer_for_some_items_still_answers_others() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(3));
    shell.write("gold.csv", "id,label\nd0,delivery\np0,payment\nd1,\np1,paiment\n");
    shell.run("init p --classes delivery,payment", "");
    shell.run("import messages.csv --project p --quiet", "");
    shell.run("embed --project p --quiet", "");
    let line = "annotate --oracle gold.csv --project p --budget 6 --batch 6";
    let (code, out, err) = shell.run(line, "");
    assert_eq!((code, out.as_str()), (0, "labelled 2 items; 2 of 6 are\n"), "{err}");
    assert!(err.contains("gold.csv:5: unknown class: `paiment`"), "{err}");
    assert!(err.contains("the oracle has no answer for 4 of 6 items"), "{err}");
}
