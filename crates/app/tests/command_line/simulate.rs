//! Labelled data replayed.

use crate::shell::{Shell, messages};

#[test]
fn a_replay_tells_its_cost_by_seed_and_as_a_mean() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(100));
    let line = "simulate messages.csv --max-error 0.1 --confidence 0.95 --seeds 2 --json --quiet --out drawn";
    let (code, out, err) = shell.run(line, "");
    assert_eq!((code, err.as_str()), (0, ""));
    let simulated: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let runs = simulated["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2);
    for run in runs {
        let answers = &run["answers"];
        let part = |name: &str| answers[name].as_u64().expect("a count");
        let sum = part("training") + part("calibration") + part("audit") + part("left_to_people");
        assert_eq!(part("total"), sum);
        assert_eq!((run["items"].as_u64(), run["classes"].as_u64()), (Some(200), Some(2)));
        assert_eq!(run["certificate_held"], true);
        let automatically = run["coverage"].as_f64().expect("a share") * 200.0;
        assert!((automatically + sum as f64 - 200.0).abs() < 1e-6);
    }
    assert!(simulated["mean"]["true_error"].as_f64().expect("a share") <= 0.1);
    for name in ["simulate.json", "costs.svg", "costs.png"] {
        assert!(shell.path("drawn").join(name).is_file(), "{name}");
    }
    let (_, again, _) = shell.run(line, "");
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(again["runs"][0]["answers"], runs[0]["answers"], "equal seeds, equal runs");
}

#[test]
fn a_file_of_labels_beside_the_data_is_replayed() {
    let mut shell = Shell::new();
    let labelled = messages(40);
    let texts = labelled.lines().map(|it| it.rsplit_once(',').expect("three fields").0);
    let gold = labelled.lines().map(|it| {
        let (id, rest) = it.split_once(',').expect("three fields");
        format!("{id},{}\n", rest.rsplit_once(',').expect("three fields").1)
    });
    shell.write("texts.csv", &texts.map(|it| format!("{it}\n")).collect::<String>());
    let gold: String = gold.collect();
    shell.write("gold.csv", &gold);
    let (code, out, err) = shell.run("simulate texts.csv --gold gold.csv --json --quiet", "");
    assert_eq!(code, 0, "{err}");
    let simulated: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let run = &simulated["runs"][0];
    assert_eq!((run["items"].as_u64(), run["classes"].as_u64()), (Some(80), Some(2)), "{out}");

    let damaged = gold.replace("d1,delivery", "d1,").replace("d2,delivery", "d2");
    shell.write("gold.csv", &damaged);
    let (code, out, err) = shell.run("simulate texts.csv --gold gold.csv --json", "");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("gold.csv:6: found 1 of 2 fields"), "{err}");
    assert!(err.contains("2 items without a label are left out"), "{err}");
    let simulated: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(simulated["runs"][0]["items"], 78, "{out}");
}

#[test]
fn a_budget_that_is_spent_certifies_nothing() {
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(100));
    let line = "simulate messages.csv --budget 30 --quiet";
    let (code, out, err) = shell.run(&format!("{line} --json"), "");
    assert_eq!((code, err.as_str()), (0, ""));
    let simulated: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let run = &simulated["runs"][0];
    assert_eq!((run["answers"]["total"].as_u64(), run["labelled"].as_u64()), (Some(30), Some(30)));
    assert_eq!((&run["certified"], &run["certificate_held"]), (&false.into(), &false.into()));
    assert_eq!(run["coverage"], 0.0);

    let (_, out, _) = shell.run(line, "");
    let rows: Vec<Vec<&str>> = out.lines().map(|it| it.split("  ").collect()).collect();
    let row = rows.iter().find(|it| it[0] == "policy").expect("a run");
    let words: Vec<&str> = row.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    assert_eq!(words[8..11], ["0.0 %", "no", "no"], "{out}");
    assert!(out.contains("the budget was spent before anything was shown in 1 of 1 run;"), "{out}");
}
