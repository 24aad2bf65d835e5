//! `annota doctor`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use annota_engine::Watch;
use annota_model::{
    ModelSpec, Runtime,
    catalogue::{self, Presence},
    doctor::{items_per_second, runtimes},
};
use serde::Serialize;

use crate::{
    report::{Align, Report, table},
    session::{Finish, Session},
};

#[derive(Serialize)]
struct Health {
    version: &'static str,
    cores: usize,
    cache: Option<PathBuf>,
    runtimes: Vec<RuntimeHealth>,
    speeds: Vec<Speed>,
}

#[derive(Serialize)]
struct RuntimeHealth {
    name: &'static str,
    usable: bool,
    is_default: bool,
    detail: String,
}

#[derive(Serialize)]
struct Speed {
    model: String,
    runtime: &'static str,
    items_per_second: Option<f64>,
    problem: Option<String>,
}

impl Report for Health {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "annota {}, {} cores", self.version, self.cores)?;
        match &self.cache {
            Some(cache) => writeln!(out, "cache: {}", cache.display())?,
            None => writeln!(out, "cache: none; name a folder in ANNOTA_CACHE")?,
        }
        for it in &self.runtimes {
            let usable = if it.usable { "yes" } else { "no" };
            let default = if it.is_default { " (used unless told otherwise)" } else { "" };
            writeln!(out, "{}: {usable}{default}\n  {}", it.name, it.detail)?;
        }
        let row = |it: &Speed| {
            let speed = match (it.items_per_second, &it.problem) {
                (Some(speed), _) => format!("{speed:.1}"),
                (None, problem) => problem.clone().unwrap_or_default(),
            };
            vec![it.model.clone(), it.runtime.to_owned(), speed]
        };
        let rows: Vec<Vec<String>> = self.speeds.iter().map(row).collect();
        let head = [("model", Align::Left), ("runtime", Align::Left), ("items/s", Align::Right)];
        write!(out, "\n{}", table(&head, &rows))
    }
}

pub(crate) fn run(session: &Session) -> anyhow::Result<Finish> {
    let found = runtimes();
    let usable: Vec<Runtime> =
        found.iter().filter(|it| it.state.is_ok()).map(|it| it.runtime).collect();
    let runtimes = found.into_iter().map(|it| RuntimeHealth {
        name: it.runtime.name(),
        usable: it.state.is_ok(),
        is_default: it.is_default,
        detail: it.state.unwrap_or_else(|reason| reason),
    });
    let health = Health {
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        cache: catalogue::cache_folder().ok(),
        runtimes: runtimes.collect(),
        speeds: speeds(&usable, session)?,
    };
    session.print(&health)?;
    Ok(Finish::Done)
}

/// Every network on this machine, timed on every runtime.
fn speeds(usable: &[Runtime], session: &Session) -> anyhow::Result<Vec<Speed>> {
    let models = catalogue::list()?.into_iter().filter(|it| it.1 != Presence::Absent);
    let names: Vec<String> = models.map(|it| it.0.name).collect();
    let total = Some((names.len() * usable.len()) as u64);
    let mut speeds = Vec::new();
    for name in names {
        for &runtime in usable {
            if session.progress.interrupted() {
                return Err(annota_engine::Error::Interrupted.into());
            }
            let spec = ModelSpec { runtime: Some(runtime), ..ModelSpec::new(&name) };
            let measured = items_per_second(&spec);
            speeds.push(Speed {
                model: name.clone(),
                runtime: runtime.name(),
                items_per_second: measured.as_ref().ok().copied(),
                problem: measured.err().map(|e| e.to_string()),
            });
            session.progress.progress("measure", speeds.len() as u64, total);
        }
    }
    Ok(speeds)
}
