//! A project made and asked about, and what the program says about itself.

use std::fs;

use expect_test::expect;

use crate::shell::Shell;

#[test]
fn without_a_project_every_command_says_how_to_make_one() {
    Shell::new().annota("status").annota("train").annota("select --project nowhere").check(
        &expect![[r#"
            $ annota status
            ! error: no project in `DIR` or above it
            !   help: name one with `--project DIR`, or make one with `annota init`
            exit code 2
            $ annota train
            ! error: no project in `DIR` or above it
            !   help: name one with `--project DIR`, or make one with `annota init`
            exit code 2
            $ annota select --project nowhere
            ! error: not a project: `nowhere`
            !   help: make one with `annota init nowhere`, or name another folder
            exit code 2
        "#]],
    );
}

#[test]
fn a_project_is_made_once_and_says_where_it_stands() {
    Shell::new()
        .annota("init pets --classes cat,dog")
        .annota("status --project pets")
        .annota("init pets")
        .annota("init more --classes cat,cat")
        .check(&expect![[r#"
            $ annota init pets --classes cat,dog
            made a project: DIR/pets
            $ annota status --project pets
            project      DIR/pets (SQLite)
            items        0, and 0 duplicates
            classes      cat, dog
            annotations  none
            auto labels  0
            $ annota init pets
            ! error: there already is a project: `DIR/pets`
            !   help: go on with it (`annota status`), or name another folder
            exit code 2
            $ annota init more --classes cat,cat
            ! error: class listed twice: `cat`
            !   help: name them like `--classes cat,dog`
            exit code 2
        "#]]);
}

#[test]
fn wrong_arguments_say_what_is_expected() {
    Shell::new()
        .annota("simulate x --max-error 5")
        .annota("select --strategy smart")
        .annota("import x --as me")
        .check(&expect![[r#"
            $ annota simulate x --max-error 5
            ! error: invalid value '5' for '--max-error <SHARE>': expected a number between 0 and 1, such as 0.05
            ! 
            ! For more information, try '--help'.
            exit code 2
            $ annota select --strategy smart
            ! error: invalid value 'smart' for '--strategy <NAME>': the strategies are: random, entropy, margin, least_confidence, k_means, typiclust, k_center, badge, prob_cover, drop_query, uherding, discriminative
            ! 
            ! For more information, try '--help'.
            exit code 2
            $ annota import x --as me
            ! error: invalid value 'me' for '--as <WHO>': expected gold, crowd:NAME, model:NAME or person:NAME
            ! 
            ! For more information, try '--help'.
            exit code 2
        "#]]);
}

#[test]
fn files_that_can_carry_code_are_refused() {
    Shell::new()
        .write("model.pt", "PK\u{3}\u{4}")
        .annota("models add model.pt")
        .annota("models add model.onnx")
        .write("model.onnx", "\u{8}\u{7} but no graph")
        .annota("models add model.onnx")
        .annota("models pull resnet-9000")
        .check(&expect![[r#"
            $ annota models add model.pt
            ! error: cannot add `model.pt`: cannot use `model.pt`: it is a Python pickle, which runs code of its author when it is read
            !   help: export the network to ONNX where it was trained, with `torch.onnx.export` or `optimum-cli export onnx`
            exit code 2
            $ annota models add model.onnx
            ! error: cannot add `model.onnx`: cannot access `model.onnx`: No such file or directory (os error 2)
            exit code 2
            $ annota models add model.onnx
            ! error: cannot add `model.onnx`: it does not run: rten failed on model: its file is damaged
            exit code 2
            $ annota models pull resnet-9000
            ! error: unknown model: `resnet-9000`
            !   known: efficientnet-lite0, all-minilm-l6-v2, multilingual-e5-small-zh-en, resnet-50, mobilenet-v4-small, vit-base-patch16-224, dinov2-small, dinov2-base, clip-vit-base-patch32, bert-base-uncased, bert-base-chinese, all-mpnet-base-v2, bge-small-en-v1.5, bge-small-zh-v1.5, bge-base-en-v1.5, bge-base-zh-v1.5, multilingual-e5-small
            exit code 2
        "#]]);
}

#[test]
fn a_network_that_does_not_run_takes_the_place_of_none() {
    let mut shell = Shell::new();
    let network =
        annota_model::bundled::files("efficientnet-lite0").expect("whole").expect("there");
    fs::write(shell.path("good.onnx"), &network.onnx).expect("written");
    shell.annota("models add good.onnx --name mine");
    shell.write("bad.onnx", "\u{8}\u{7} but no graph").annota("models add bad.onnx --name mine");
    let kept = fs::read(shell.path("cache/models/mine/model.onnx")).expect("kept");
    assert!(kept == network.onnx, "the network that runs is kept");
    shell.annota("models add good.onnx --name mine --input-size 160").check(&expect![[r#"
        $ annota models add good.onnx --name mine
        ready: `--model mine`
        $ annota models add bad.onnx --name mine
        ! error: cannot add `bad.onnx`: it does not run: rten failed on mine: its file is damaged
        exit code 2
        $ annota models add good.onnx --name mine --input-size 160
        ready: `--model mine`
    "#]]);
    let (_, list, _) = shell.run("models list", "");
    assert!(list.contains("mine"), "{list}");
    let description = fs::read_to_string(shell.path("cache/models/mine/model.toml"));
    assert!(description.expect("kept").contains("size = 160"));
    assert_eq!(fs::read_dir(shell.path("cache/models/mine")).expect("there").count(), 2);
}

#[test]
fn the_catalogue_of_strategies_is_printed() {
    Shell::new().annota("strategies").check(&expect![[r#"
        $ annota strategies
        strategy          what it chooses
        random            Random sampling: rows drawn uniformly.
        entropy           Entropy sampling: the rows whose predicted distribution is flattest.
        margin            Margin sampling: the rows whose two likeliest classes are closest.
        least_confidence  Least confidence: the rows whose likeliest class is least likely.
        k_means           k-means: the rows nearest the centroids of the unlabelled rows.
        typiclust         TypiClust: the most typical row of each cluster without a label.
        k_center          k-center greedy: repeatedly the row farthest from every label.
        badge             BADGE: rows whose gradients would be large and unlike each other.
        prob_cover        ProbCover: the rows whose neighbourhoods cover most of the pool.
        drop_query        DropQuery: a spread of the rows whose prediction changes under dropout.
        uherding          UHerding: the rows that cover most of what the model is unsure about.
        discriminative    Discriminative: the rows most easily told apart from the labelled ones.
    "#]]);
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let shell = Shell::new();
    let (_, completions, _) = shell.run("completions bash", "");
    let (_, manual, _) = shell.run("man", "");
    let (_, help, _) = shell.run("--help", "");
    let commands = help.split("Commands:").nth(1).and_then(|it| it.split("\n\n").next());
    let names: Vec<&str> =
        commands.expect("a list").lines().filter_map(|it| it.split_whitespace().next()).collect();
    assert!(10 < names.len());
    for name in names.iter().filter(|it| **it != "help") {
        assert!(completions.contains(&format!(" {name} ")), "{name}");
        assert!(manual.contains(&format!("ANNOTA {}", name.to_uppercase())), "{name}");
    }
}
