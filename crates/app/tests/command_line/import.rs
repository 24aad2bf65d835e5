//! What is brought in, and what is left out.

use expect_test::expect;

use crate::shell::{Shell, messages};

#[test]
fn a_bad_line_costs_that_line_alone() {
    let lines = "text\tlabel\nGoal!\tsport\nBudget passed\tpolitcs\nRain\nElection\tpolitics\nGoal!\tsport\n";
    Shell::new()
        .write("news.tsv", lines)
        .annota("init p --classes sport,politics")
        .annota("import news.tsv --project p --as gold")
        .annota("import news.tsv --project p --as gold")
        .annota("import nothing.csv --project p")
        .check(&expect![[r#"
            $ annota init p --classes sport,politics
            made a project: DIR/p
            $ annota import news.tsv --project p --as gold
            news.tsv: 2 new items
              1 with the content of another item
              2 left out
              3 labels that came with the data
              news.tsv: text from text, label from label, id from none, UTF-8
            ! warning: 2 of 5 items were left out or are odd
            !   news.tsv:3: unknown class: `politcs`
            !     help: did you mean `politics`?
            !   news.tsv:4: found 1 of 2 fields
            !     help: quote a field that holds the delimiter or a line end
            $ annota import news.tsv --project p --as gold
            news.tsv: 0 new items
              3 already there
              2 left out
              news.tsv: text from text, label from label, id from none, UTF-8
            ! warning: 2 of 5 items were left out or are odd
            !   news.tsv:3: unknown class: `politcs`
            !     help: did you mean `politics`?
            !   news.tsv:4: found 1 of 2 fields
            !     help: quote a field that holds the delimiter or a line end
            $ annota import nothing.csv --project p
            ! error: cannot import `nothing.csv`: No such file or directory (os error 2)
            !   help: check the path
            exit code 2
        "#]]);
}

#[test]
fn a_bad_table_costs_that_table_alone() {
    Shell::new()
        .write("news/a.csv", "text,label\nGoal!,sport\n")
        .write("news/b.csv", "")
        .write("news/c.csv", "text,label\nElection,politics\n")
        .write("news/README.txt", "Three tables.")
        .write("empty/b.csv", "")
        .annota("init p")
        .annota("import news --project p --as gold")
        .annota("import empty --project p")
        .annota("status --project p")
        .check(&expect![[r#"
            $ annota init p
            made a project: DIR/p
            $ annota import news --project p --as gold
            news: 2 new items
              1 left out
              1 file of another kind passed over: 1 .txt
              2 labels that came with the data
              new classes: sport, politics
              a.csv: text from text, label from label, id from none, UTF-8
              c.csv: text from text, label from label, id from none, UTF-8
            ! warning: 1 of 3 items were left out or are odd
            !   b.csv: the file is empty
            !     help: is it the right file?
            $ annota import empty --project p
            ! warning: 1 of 1 items were left out or are odd
            !   b.csv: the file is empty
            !     help: is it the right file?
            ! error: nothing in `empty` could be used
            !   found: 1 item, which was left out
            !   help: mend what is listed, or give another file or folder
            exit code 2
            $ annota status --project p
            project      DIR/p (SQLite)
            items        2, and 0 duplicates
            classes      sport, politics
            annotations  2 imported
            auto labels  0

            annotator  kind  annotations
            gold       gold            2
        "#]]);
}

#[test]
fn an_import_that_brings_nothing_fails() {
    Shell::new()
        .write("photos/cat.jpg", "no picture")
        .write("messages.csv", "text\nhello\n")
        .annota("init p")
        .annota("import photos --project p")
        .annota("import messages.csv --project p")
        .annota("import photos --project p --json")
        .check(&expect![[r#"
            $ annota init p
            made a project: DIR/p
            $ annota import photos --project p
            ! warning: 1 of 1 items were left out or are odd
            !   cat.jpg: not a picture: it begins with `no pictu`
            !     help: open it to see what it is; JPEG, PNG, WebP, GIF, BMP and TIFF can be imported
            ! error: nothing in `photos` could be used
            !   found: 1 item, which was left out
            !   help: mend what is listed, or give another file or folder
            exit code 2
            $ annota import messages.csv --project p
            messages.csv: 1 new item
              messages.csv: text from text, label from none, id from none, UTF-8
            $ annota import photos --project p --json
            {
              "error": "no texts in `DIR/photos`",
              "details": [
                "found: 1 .jpg",
                "help: the project holds texts; make another one for the others, with `annota init`"
              ]
            }
            ! error: no texts in `DIR/photos`
            !   found: 1 .jpg
            !   help: the project holds texts; make another one for the others, with `annota init`
            exit code 2
        "#]]);
}

#[test]
fn items_that_look_alike_are_told_after_embed() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &(messages(4) + "x,WHERE is my Parcel number 2,delivery\n"));
    shell.annota("init p").annota("import messages.csv --project p");
    shell.annota("embed --project p").check(&expect![[r#"
        $ annota init p
        made a project: DIR/p
        $ annota import messages.csv --project p
        messages.csv: 9 new items
          9 labels left alone: say whose they are, with `--as`
          messages.csv: text from text, label from label, id from id, UTF-8
        $ annota embed --project p
        embedded 9 items with all-minilm-l6-v2+rten+6ce732249450fa48, 0 were cached
        1 item looks almost like an earlier one
          messages.csv:10 like messages.csv:6 (cosine 1.0000)
    "#]]);
}
