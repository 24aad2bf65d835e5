//! `make bench-guarantee`: the share of labels that the certificate saves on
//! published predictions, beside the published method, and how often the
//! certificate is false.
//!
//! `SETS=imagenet,stance` restricts the sets, `SEEDS=n` sets the number of
//! audits drawn (1,000).

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use annota_core::{
    certify::{Goal, Walk, freeze},
    pool::Row,
    rank::{ErrorRanker, Signals},
};
use rayon::prelude::*;

/// On standardised signals; 1 to 10 save the same within .01.
const PENALTY: f64 = 3.0;

struct SetConfig {
    name: &'static str,
    n_draws: u32,
    prediction: &'static str,
    /// Columns whose values the ranker may tell apart.
    columns: &'static [&'static str],
    is_ranked: bool,
    /// Saved share of the published method.
    peer: f64,
}

const SETS: [SetConfig; 4] = [
    SetConfig {
        name: "imagenet",
        n_draws: 1_500,
        prediction: "Yhat",
        columns: &[],
        is_ranked: false,
        peer: 0.596,
    },
    SetConfig {
        name: "imagenetv2",
        n_draws: 1_000,
        prediction: "Yhat",
        columns: &[],
        is_ranked: false,
        peer: 0.392,
    },
    SetConfig {
        name: "stance",
        n_draws: 500,
        prediction: "Yhat (GPT4o)",
        columns: &["Yhat (GPT4o)"],
        is_ranked: true,
        peer: 0.278,
    },
    SetConfig {
        name: "misinfo",
        n_draws: 500,
        prediction: "Yhat (GPT4o)",
        columns: &["Yhat (GPT4o)", "topic", "source"],
        is_ranked: true,
        peer: 0.177,
    },
];

/// One set: by row, whether the prediction is wrong, how unsure the model was,
/// and what the ranker sees.
struct Predicted {
    wrong: Vec<bool>,
    uncertainty: Vec<f32>,
    signals: Vec<f32>,
    n_signals: usize,
}

struct Outcome {
    saved: f64,
    is_violated: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("ANNOTA_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let wanted = std::env::var("SETS").ok();
    let n_seeds: u64 = std::env::var("SEEDS").map_or(Ok(1_000), |it| it.parse())?;
    let goal = Goal::new(0.05, 0.95).expect("shares");
    eprintln!(
        "{:12} {:>6} {:>6} {:>6} {:>10} {:>8}",
        "set", "ours", "peer", "ratio", "violations", "seconds"
    );
    for config in &SETS {
        if wanted.as_ref().is_some_and(|it| !it.split(',').any(|name| name == config.name)) {
            continue;
        }
        let path =
            Path::new(&data).join("pac-labels-predictions").join(format!("{}.csv", config.name));
        let predicted =
            read(&path, config).map_err(|error| format!("{}: {error}", path.display()))?;
        let started = std::time::Instant::now();
        let outcomes: Vec<Outcome> = (0..n_seeds)
            .into_par_iter()
            .map(|seed| certify(&predicted, config, goal, seed))
            .collect();
        let n = outcomes.len().max(1) as f64;
        let ours = outcomes.iter().map(|it| it.saved).sum::<f64>() / n;
        let violations = outcomes.iter().filter(|it| it.is_violated).count() as f64 / n;
        eprintln!(
            "{:12} {ours:6.3} {:6.3} {:6.2} {violations:10.3} {:8.1}",
            config.name,
            config.peer,
            ours / config.peer,
            started.elapsed().as_secs_f64(),
        );
        let line = serde_json::json!({
            "bench": "guarantee",
            "set": config.name,
            "ours": round(ours),
            "peer": config.peer,
            "ratio": round(ours / config.peer),
            "unit": "saved share",
            "violations": round(violations),
            "audit": config.n_draws,
            "draws": n_seeds,
        });
        println!("{line}");
    }
    Ok(())
}

fn round(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

fn certify(predicted: &Predicted, config: &SetConfig, goal: Goal, seed: u64) -> Outcome {
    let n_items = u32::try_from(predicted.wrong.len()).expect("pools fit in u32");
    let scores: Vec<(Row, f32)> =
        (0..n_items).map(|it| (Row(it), predicted.uncertainty[it as usize])).collect();
    let frozen = freeze(&scores, seed);
    let audit: Vec<(Row, bool)> = frozen
        .draw_audit(config.n_draws, seed ^ 0x5eed)
        .into_iter()
        .map(|row| (row, predicted.wrong[row.index()]))
        .collect();
    let first_forbidden = goal.first_forbidden(n_items);
    let mut walk = Walk::new(frozen.order(), &audit, first_forbidden, goal.alpha());
    if config.is_ranked {
        exclude_by_ranker(&mut walk, frozen.order(), predicted);
    } else {
        walk.exclude_along(frozen.order());
    }
    let (auto_labelled, _) = walk.unaudited();
    let wrong = auto_labelled.iter().filter(|row| predicted.wrong[row.index()]).count();
    Outcome {
        saved: auto_labelled.len() as f64 / f64::from(n_items),
        is_violated: first_forbidden as usize <= wrong,
    }
}

/// Excludes along the frozen order until errors enough are known, then by what
/// they teach.
fn exclude_by_ranker(walk: &mut Walk, order: &[Row], predicted: &Predicted) {
    let mut place = vec![0.0; order.len()];
    for (position, row) in order.iter().enumerate() {
        place[row.index()] = position as f64;
    }
    let batch_len = order.len().div_ceil(20);
    let signals = Signals::new(predicted.n_signals, &predicted.signals);
    walk.exclude_adaptively(batch_len, |revealed, region| {
        let answers: Vec<(usize, bool)> = revealed.iter().map(|it| (it.0.index(), it.1)).collect();
        let n_errors = answers.iter().filter(|it| it.1).count();
        let ranker =
            if n_errors < 30 { None } else { ErrorRanker::fit(signals, &answers, PENALTY) };
        let risk = |row: &Row| {
            let position = place[row.index()];
            ranker
                .as_ref()
                .map_or(position, |it| it.risk(signals.row(row.index())) + 1e-9 * position)
        };
        region.iter().map(risk).collect()
    });
}

fn read(path: &Path, config: &SetConfig) -> Result<Predicted, Box<dyn std::error::Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let rows: Vec<HashMap<String, String>> = reader.deserialize().collect::<Result<_, _>>()?;
    let field = |row: &HashMap<String, String>, name: &str| {
        row.get(name).cloned().ok_or_else(|| format!("no field `{name}`"))
    };
    let mut wrong = Vec::new();
    let mut confidence = Vec::new();
    for row in &rows {
        wrong.push(field(row, "Y")? != field(row, config.prediction)?);
        confidence.push(field(row, "confidence")?.parse::<f32>()?);
    }
    let mut columns = vec![
        confidence
            .iter()
            .map(|p| {
                let p = p.clamp(0.01, 0.99);
                (p / (1.0 - p)).ln()
            })
            .collect::<Vec<f32>>(),
    ];
    for name in config.columns {
        let values: Vec<String> =
            rows.iter().map(|row| field(row, name)).collect::<Result<_, _>>()?;
        columns.extend(indicators(&values, &confidence));
    }
    let signals = (0..rows.len()).flat_map(|row| columns.iter().map(move |it| it[row])).collect();
    let uncertainty = confidence.iter().map(|it| 1.0 - it).collect();
    Ok(Predicted { wrong, uncertainty, signals, n_signals: columns.len() })
}

/// One column of zeros and ones for each value that is not rare, one of the
/// logarithm of how frequent the value is, and one of the mean confidence
/// where it holds.
fn indicators(values: &[String], confidence: &[f32]) -> Vec<Vec<f32>> {
    let mut sums: BTreeMap<&str, f32> = BTreeMap::new();
    for (value, confidence) in values.iter().zip(confidence) {
        *sums.entry(value).or_default() += confidence;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let frequent = counts.iter().filter(|it| values.len() <= 100 * it.1);
    let mut columns: Vec<Vec<f32>> = frequent
        .map(|it| values.iter().map(|value| f32::from(u8::from(value == it.0))).collect())
        .collect();
    columns.push(values.iter().map(|value| (counts[value.as_str()] as f32).ln()).collect());
    let mean = |value: &String| sums[value.as_str()] / counts[value.as_str()] as f32;
    columns.push(values.iter().map(mean).collect());
    columns
}
