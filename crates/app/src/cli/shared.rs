//! Arguments that more than one command takes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use annota_core::{acquire::Strategy, certify::Goal};
use annota_engine::annotate::{Annotator, AnnotatorKind};
use clap::Args;

/// How a second process waits for the project.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// Where a project is made, and what for.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The project")]
pub(crate) struct ProjectArgs {
    /// Classes that may be answered, in the order of their keys; those that come with the data are
    /// added
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,
    /// PostgreSQL database to keep facts in, instead of SQLite in the project's folder
    #[arg(long, value_name = "postgres://…")]
    pub(crate) database: Option<String>,
    /// Network that embeds the items [default: chosen by the content; see `annota models list`]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Seed of everything random
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) rng_seed: u64,
}

/// How to read data.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reading the data")]
pub(crate) struct DataArgs {
    /// Whose annotations the labels are that come with the data (or the names of its folders):
    /// gold, crowd:NAME, model:NAME, person:NAME [default: nobody's]
    #[arg(long = "as", value_name = "WHO", value_parser = annotator)]
    pub(crate) labels_as: Option<Annotator>,
    /// Field that holds the text; more than one are joined [default: found out]
    #[arg(long, value_name = "FIELD")]
    pub(crate) text_field: Vec<String>,
    /// Field that holds the label [default: found out]
    #[arg(long, value_name = "FIELD")]
    pub(crate) label_field: Option<String>,
    /// Field that holds your id of the item [default: found out]
    #[arg(long, value_name = "FIELD")]
    pub(crate) id_field: Option<String>,
    /// The first line of a table is data, not the names of its fields
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Encoding of texts, such as gb18030 [default: found out]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
}

/// What to reach.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "What to reach")]
pub(crate) struct GoalArgs {
    /// Share of all labels that may be wrong [default: the project's, at first 0.05]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    max_error: Option<f64>,
    /// Probability that the certificate holds [default: the project's, at first 0.95]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    confidence: Option<f64>,
}

impl GoalArgs {
    /// What was named, and the rest as in `otherwise`.
    pub(crate) fn or(self, otherwise: Goal) -> Goal {
        let max_error = self.max_error.unwrap_or(otherwise.max_error());
        let confidence = self.confidence.unwrap_or(otherwise.confidence());
        Goal::new(max_error, confidence).expect("both were checked when they were read")
    }
}

/// A number strictly between 0 and 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if 0.0 < value && value < 1.0 => Ok(value),
        _ => Err("expected a number between 0 and 1, such as 0.05".to_owned()),
    }
}

/// A number from 0 up to, but not including, 1.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..1.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to below 1, such as 0.05".to_owned()),
    }
}

/// A query strategy by its name.
pub(crate) fn strategy(text: &str) -> Result<Strategy, String> {
    Strategy::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Strategy::all().iter().map(|it| it.name()).collect();
        format!("the strategies are: {}", names.join(", "))
    })
}

/// Whose labels came with the data: `gold`, `crowd:NAME`, `model:NAME`, or
/// `person:NAME`.
pub(crate) fn annotator(text: &str) -> Result<Annotator, String> {
    let (kind, name) = match text.split_once(':') {
        None if text == "gold" => (AnnotatorKind::Gold, "gold"),
        Some(("gold", name)) => (AnnotatorKind::Gold, name),
        Some(("crowd", name)) => (AnnotatorKind::Crowd, name),
        Some(("model", name)) => (AnnotatorKind::Model, name),
        Some(("person", name)) => (AnnotatorKind::Person, name),
        _ => return Err("expected gold, crowd:NAME, model:NAME or person:NAME".to_owned()),
    };
    if name.trim().is_empty() {
        return Err("whose? Write a name after the colon".to_owned());
    }
    Ok(Annotator { name: name.to_owned(), kind })
}

/// The folder of the project that `label` makes for `data`: beside it, with
/// `.annota` after its name.
pub(crate) fn project_beside(data: &Path) -> Option<PathBuf> {
    let data = data.canonicalize().ok()?;
    let mut name = data.file_name()?.to_owned();
    name.push(".annota");
    Some(data.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::{annotator, rate, share, strategy};
    use annota_engine::annotate::AnnotatorKind;

    #[test]
    fn shares_lie_between_0_and_1() {
        assert_eq!(share("0.05"), Ok(0.05));
        assert_eq!(rate("0"), Ok(0.0));
        for wrong in ["0", "1", "5", "-0.1", "NaN", "x"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert!(rate("1").is_err());
    }

    #[test]
    fn whose_labels_is_said_by_kind_and_name() {
        let crowd = annotator("crowd:mturk").expect("a name");
        assert_eq!((crowd.kind, crowd.name.as_str()), (AnnotatorKind::Crowd, "mturk"));
        assert_eq!(annotator("gold").expect("gold").kind, AnnotatorKind::Gold);
        assert!(annotator("crowd:").is_err());
        assert!(annotator("mturk").is_err());
    }

    #[test]
    fn strategies_are_named_as_in_the_catalogue() {
        assert_eq!(strategy("k-center").expect("a strategy").name(), "k_center");
        assert!(strategy("smart").expect_err("unknown").contains("uherding"));
    }
}
