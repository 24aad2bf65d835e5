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
        .write("gold.csv", "id,label\nd0,delivery\np0,payment\np1,paiment\n")
        .write("other.csv", "id,label\nx,delivery\n")
        .annota("init p --classes delivery,payment")
        .annota("import messages.csv --project p --quiet")
        .annota("annotate --from gold.csv --project p")
        .write("gold.csv", "id,label\nd0,delivery\np0,payment\n")
        .annota("annotate --from gold.csv --project p")
        .annota("annotate --oracle other.csv --project p")
        .check(&expect![[r#"
            $ annota init p --classes delivery,payment
            made a project: DIR/p
            $ annota import messages.csv --project p --quiet
            messages.csv: 6 new items
              6 labels left alone: say whose they are, with `--as`
              messages.csv: text from text, label from label, id from id, UTF-8
            $ annota annotate --from gold.csv --project p
            ! error: cannot use the answers in `gold.csv`: unknown class in line 4: `paiment`
            !   help: the schema has: delivery, payment
            exit code 2
            $ annota annotate --from gold.csv --project p
            labelled 2 items; 2 of 6 are
            $ annota annotate --oracle other.csv --project p
            ! error: the oracle knows no item of this project
            !   help: import labels with `--as gold`, or check the names in the file
            exit code 2
        "#]]);
}
