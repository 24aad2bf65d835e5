//! `annota select`.

use std::io::{self, Write};

use annota_core::acquire::Strategy;
use annota_engine::{project::Project, select::select, train::train, working_set::WorkingSet};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::shared::{WAIT, strategy},
    report::{Align, Report, table},
    session::{Finish, Session},
};

/// Print the items that would teach the model most, best first.
///
/// Exits with 1 if nothing is left to ask.
#[derive(Args, Debug)]
pub(crate) struct SelectArgs {
    /// How many items
    #[arg(long, value_name = "N", default_value_t = 20)]
    budget: usize,
    /// How to choose them; see `annota strategies` [default: the policy, which changes with what is
    /// known]
    #[arg(long, value_name = "NAME", value_parser = strategy)]
    strategy: Option<Strategy>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Selected(Vec<SelectedItem>);

#[derive(Serialize)]
struct SelectedItem {
    item: i64,
    name: String,
    reason: &'static str,
}

impl Report for Selected {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let row =
            |it: &SelectedItem| vec![it.item.to_string(), it.name.clone(), it.reason.to_owned()];
        let rows: Vec<Vec<String>> = self.0.iter().map(row).collect();
        let head = [("item", Align::Right), ("name", Align::Left), ("why", Align::Left)];
        out.write_all(table(&head, &rows).as_bytes())
    }
}

pub(crate) fn run(args: &SelectArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    let set = WorkingSet::open(&project, &session.progress)?;
    let rng_seed = project.config().rng_seed;
    let lessons = set.lessons();
    let trained = match lessons.as_slice() {
        [] => None,
        lessons => Some(train(&project, &set, lessons, rng_seed)?),
    };
    let predictions = trained.as_ref().map(|it| &it.predictions);
    let chosen = select(&set, args.strategy, predictions, args.budget, rng_seed);
    let items: Vec<_> = chosen.iter().map(|it| set.item(it.row)).collect();
    let named = project.store().items_by_id(&items)?;
    let selected = named.into_iter().zip(&chosen).map(|(item, chosen)| SelectedItem {
        item: item.id.0,
        name: item.name,
        reason: chosen.reason.words(),
    });
    let selected = Selected(selected.collect());
    let finish = if selected.0.is_empty() { Finish::No } else { Finish::Done };
    session.print(&selected)?;
    Ok(finish)
}
