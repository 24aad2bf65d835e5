//! `annota strategies`.

use std::io::{self, Write};

use annota_core::acquire::Strategy;
use serde::Serialize;

use crate::{
    report::{Align, Report, table},
    session::{Finish, Session},
};

#[derive(Serialize)]
#[serde(transparent)]
struct Strategies(Vec<Described>);

#[derive(Serialize)]
struct Described {
    name: &'static str,
    description: &'static str,
    needs_predictions: bool,
}

impl Report for Strategies {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let row = |it: &Described| vec![it.name.to_owned(), it.description.to_owned()];
        let rows: Vec<Vec<String>> = self.0.iter().map(row).collect();
        let head = [("strategy", Align::Left), ("what it chooses", Align::Left)];
        out.write_all(table(&head, &rows).as_bytes())
    }
}

pub(crate) fn run(session: &Session) -> anyhow::Result<Finish> {
    let described = Strategy::all().into_iter().map(|it| Described {
        name: it.name(),
        description: it.description(),
        needs_predictions: it.needs_predictions(),
    });
    session.print(&Strategies(described.collect()))?;
    Ok(Finish::Done)
}
