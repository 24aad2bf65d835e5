//! `make bench-efficiency`: accuracy by number of labels, for the default
//! policy, for random, and for whatever `STRATEGIES=margin,badge` names.
//!
//! Reads `FOLDER/SET.x.npy` (embeddings) and `FOLDER/SET.y.npy` (classes), and
//! `SET_test` likewise. Labels are bought in batches of C, the number of
//! classes; accuracy is that of [`ClassModel`] on the test split, which it sees
//! as new items, or on the unlabelled rest of the pool where there is no test
//! split. `SETS=a,b` restricts the sets, `SEEDS=n` sets the repetitions (10).

use std::{env, error::Error, fs, path::Path, sync::Arc};

use annota_core::{
    acquire::{Chosen, SelectInput, Strategy, policy, select},
    head::{class_model::ClassModel, prepared::Prepared},
    label::{ClassId, Label},
    matrix::Embeddings,
    model::{Predictions, TaskModel},
    pool::{Pool, Row},
};
use rayon::prelude::*;

/// Labels bought, in multiples of the number of classes.
const BUDGETS: [usize; 6] = [1, 2, 5, 10, 20, 50];

/// The sets, and the area of the reference curve of the design.
const SETS: [(&str, f64); 6] = [
    ("agnews", 0.832),
    ("banking77", 0.840),
    ("chnsenticorp", 0.819),
    ("cifar10", 0.613),
    ("sst2", 0.594),
    ("trashnet", 0.700),
];

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let folder = env::args().nth(1).ok_or("which folder holds the embeddings?")?;
    let wanted = env::var("SETS").unwrap_or_default();
    let n_seeds = env::var("SEEDS").map_or(Ok(10), |it| it.parse())?;
    let choosers = choosers(&env::var("STRATEGIES").unwrap_or_default())?;
    eprintln!(
        "{:13} {:16} {:>6}  accuracy at C times {BUDGETS:?} labels",
        "set", "chosen by", "area"
    );
    for (name, reference) in SETS {
        if wanted.is_empty() || wanted.split(',').any(|it| it == name) {
            measure(&Set::read(Path::new(&folder), name)?, reference, &choosers, n_seeds)?;
        }
    }
    Ok(())
}

/// Who chooses: the default policy, or one strategy throughout.
#[derive(Clone, Copy)]
enum Chooser {
    Policy,
    Always(Strategy),
}

impl Chooser {
    fn name(self) -> &'static str {
        match self {
            Chooser::Policy => "policy",
            Chooser::Always(strategy) => strategy.name(),
        }
    }
}

fn choosers(more: &str) -> Result<Vec<Chooser>, Failure> {
    let mut choosers = vec![Chooser::Policy, Chooser::Always(Strategy::Random)];
    for name in more.split(',').filter(|it| !it.is_empty()) {
        let strategy = Strategy::from_name(name).ok_or(format!("no strategy `{name}`"))?;
        choosers.push(Chooser::Always(strategy));
    }
    Ok(choosers)
}

struct Split {
    embeddings: Embeddings,
    classes: Vec<ClassId>,
}

impl Split {
    fn read(folder: &Path, name: &str) -> Result<Split, Failure> {
        let file = fs::read(folder.join(format!("{name}.x.npy")))?;
        let file = npyz::NpyFile::new(&file[..])?;
        let dim = usize::try_from(file.shape()[1])?;
        let embeddings = Embeddings::new(dim, file.into_vec::<f32>()?);
        let file = fs::read(folder.join(format!("{name}.y.npy")))?;
        let classes = npyz::NpyFile::new(&file[..])?.into_vec::<i32>()?;
        let class = |it: i32| Ok(ClassId(u16::try_from(it)?));
        Ok(Split {
            embeddings,
            classes: classes.into_iter().map(class).collect::<Result<_, Failure>>()?,
        })
    }

    /// Share of `rows` whose label in `labels` is right.
    fn accuracy(&self, rows: &[Row], labels: impl Fn(Row) -> ClassId) -> f64 {
        let right = rows.iter().filter(|it| labels(**it) == self.classes[it.index()]).count();
        right as f64 / rows.len() as f64
    }
}

struct Set {
    name: &'static str,
    pool: Split,
    test: Option<Split>,
    prepared: Arc<Prepared>,
    features: Embeddings,
    n_classes: usize,
}

impl Set {
    fn read(folder: &Path, name: &'static str) -> Result<Set, Failure> {
        // Where the pool of a set is a part of it, that part has its own files.
        let split = format!("{name}-split");
        let has_split = folder.join(format!("{split}.x.npy")).exists();
        let file = if has_split { &split } else { name };
        let pool = Split::read(folder, file)?;
        let test = format!("{file}_test");
        let has_test = folder.join(format!("{test}.x.npy")).exists();
        let test = if has_test { Some(Split::read(folder, &test)?) } else { None };
        let prepared = Arc::new(Prepared::new(&pool.embeddings));
        let features = prepared.map().features(&pool.embeddings);
        let n_classes = pool.classes.iter().map(|it| it.index() + 1).max().ok_or("no items")?;
        Ok(Set { name, pool, test, prepared, features, n_classes })
    }

    fn n_rows(&self) -> usize {
        self.pool.classes.len()
    }

    fn budgets(&self) -> Vec<usize> {
        let budgets = BUDGETS.iter().map(|it| it * self.n_classes);
        budgets.filter(|it| *it < self.n_rows()).collect()
    }

    /// Accuracy at each budget.
    fn curve(&self, chooser: Chooser, rng_seed: u64) -> Result<Vec<f64>, Failure> {
        let mut model = ClassModel::on(Arc::clone(&self.prepared), self.n_classes);
        let mut labelled: Vec<Row> = Vec::new();
        let mut predictions = None;
        let mut curve = Vec::new();
        for budget in self.budgets() {
            while labelled.len() < budget {
                let n = self.batch_len(chooser, budget - labelled.len());
                let batch = self.choose(chooser, &labelled, predictions.as_ref(), n, rng_seed);
                labelled.extend(batch.iter().map(|it| it.row));
                let answer = |row: &Row| (*row, Label::Class(self.pool.classes[row.index()]));
                let answers: Vec<(Row, Label)> = labelled.iter().map(answer).collect();
                predictions = Some(model.fit_predict(&answers, rng_seed)?);
            }
            let predictions = predictions.as_ref().ok_or("no budget")?;
            curve.push(self.accuracy(&model, &labelled, predictions));
        }
        Ok(curve)
    }

    /// One row per class; random does not look at the model, so all at once.
    fn batch_len(&self, chooser: Chooser, left: usize) -> usize {
        match chooser {
            Chooser::Always(Strategy::Random) => left,
            _ => left.min(self.n_classes),
        }
    }

    fn choose(
        &self,
        chooser: Chooser,
        labelled: &[Row],
        predictions: Option<&Predictions>,
        n: usize,
        rng_seed: u64,
    ) -> Vec<Chosen> {
        let pool = Pool::new(self.features.n_rows(), labelled, &[]);
        let n_classes = self.n_classes;
        let input = SelectInput { pool: &pool, embeddings: &self.features, predictions, n_classes };
        let rng_seed = rng_seed << 32 | labelled.len() as u64;
        match chooser {
            Chooser::Always(strategy) => select(strategy, &input, n, rng_seed),
            Chooser::Policy => policy::propose(&input, n, rng_seed),
        }
    }

    fn accuracy(&self, model: &ClassModel, labelled: &[Row], predictions: &Predictions) -> f64 {
        if let Some(test) = &self.test {
            let proba = model.predict(&self.pool.embeddings, &test.embeddings).expect("fitted");
            let rows: Vec<Row> = (0..proba.n_rows()).map(Row).collect();
            return test.accuracy(&rows, |row| proba.likeliest(row).0);
        }
        let pool = Pool::new(self.features.n_rows(), labelled, &[]);
        let class = |row: Row| predictions.labels[row.index()].class().expect("labels are classes");
        self.pool.accuracy(pool.unlabelled(), class)
    }
}

fn measure(set: &Set, reference: f64, choosers: &[Chooser], n_seeds: u64) -> Result<(), Failure> {
    let mut areas = Vec::new();
    for &chooser in choosers {
        let curves: Vec<Vec<f64>> = (0..n_seeds)
            .into_par_iter()
            .map(|seed| set.curve(chooser, seed))
            .collect::<Result<_, _>>()?;
        let at = |i: usize| curves.iter().map(|it| it[i]).sum::<f64>() / n_seeds as f64;
        let curve: Vec<f64> = (0..curves[0].len()).map(at).collect();
        let area = curve.iter().sum::<f64>() / curve.len() as f64;
        let shown: Vec<String> = curve.iter().map(|it| format!("{:5.1}", 100.0 * it)).collect();
        eprintln!(
            "{:13} {:16} {:6.1}  {}",
            set.name,
            chooser.name(),
            100.0 * area,
            shown.join(" ")
        );
        areas.push((chooser.name(), area, curve));
    }
    let (_, ours, curve) = &areas[0];
    let round = |it: f64| (1e4 * it).round() / 1e4;
    let others: serde_json::Map<String, serde_json::Value> = areas[1..]
        .iter()
        .map(|(name, area, _)| ((*name).to_owned(), round(*area).into()))
        .collect();
    let line = serde_json::json!({
        "bench": "efficiency",
        "set": set.name,
        "ours": round(*ours),
        "peer": reference,
        "unit": "mean accuracy over six budgets",
        "ratio": round(ours / reference),
        "curve": curve.iter().map(|it| round(*it)).collect::<Vec<f64>>(),
        "others": others,
        "seeds": n_seeds,
    });
    println!("{line}");
    Ok(())
}
