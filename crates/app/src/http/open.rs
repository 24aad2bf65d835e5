//! Projects that are open: one engine each, opened when first asked for, or at
//! the start if the server was started for one project; closed with the server.
//!
//! An engine blocks and must not be dropped by a thread that serves connections,
//! so it never leaves this file: handlers lend it to a closure.

use std::{
    collections::HashMap,
    path::Path,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use annota_core::{diagnostic::Diagnostic, model::Embedder};
use annota_engine::{
    Error,
    import::Inspect,
    live::{Live, Wiring},
    project::Project,
};
use tokio::{sync::broadcast, task};

use super::{App, error::ApiError, events, events::Told, projects};
use crate::cli;

/// How long another process that has the project open is waited for.
const WAIT: Duration = Duration::from_secs(2);
/// Events kept for a listener who is slow.
const TOLD_KEPT: usize = 1_024;

/// An engine, and what happens in it.
#[derive(Clone)]
struct Running {
    live: Arc<Live>,
    told: broadcast::Sender<Told>,
}

type Slot = Arc<Mutex<Option<Running>>>;

/// The engines, by the name of their project.
#[derive(Default)]
pub(crate) struct Open {
    slots: Mutex<HashMap<String, Slot>>,
}

impl Open {
    fn slot(&self, name: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(name.to_owned()).or_default())
    }

    /// Whether the project called `name` is open.
    pub(crate) fn is_open(&self, name: &str) -> bool {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // A slot that is taken is being opened.
        slots.get(name).is_some_and(|it| it.try_lock().is_ok_and(|it| it.is_some()))
    }

    /// Closes the project called `name`, and runs `work` before it can be
    /// opened again.
    pub(crate) fn close<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let slot = self.slot(name);
        let mut running = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.take() {
            wait_for_others(running.live);
        }
        work()
    }

    /// Closes every project.
    pub(crate) fn close_all(&self) {
        let slots = std::mem::take(&mut *self.slots.lock().unwrap_or_else(PoisonError::into_inner));
        for slot in slots.into_values() {
            drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// Drops the engine when the requests that use it are answered.
fn wait_for_others(live: Arc<Live>) {
    let mut live = live;
    loop {
        match Arc::try_unwrap(live) {
            Ok(live) => return drop(live),
            Err(shared) => live = shared,
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Lends the engine of the project called `name` to `work`, on a thread that
/// may block.
pub(crate) async fn with<T: Send + 'static>(
    app: &Arc<App>,
    name: &str,
    work: impl FnOnce(&Live) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let (app, name) = (Arc::clone(app), name.to_owned());
    task::spawn_blocking(move || {
        let running = running(&app, &name)?;
        work(&running.live)
    })
    .await?
}

/// What happens in the project called `name` from now on.
pub(crate) async fn listen(
    app: &Arc<App>,
    name: &str,
) -> Result<broadcast::Receiver<Told>, ApiError> {
    let (app, name) = (Arc::clone(app), name.to_owned());
    task::spawn_blocking(move || Ok(running(&app, &name)?.told.subscribe())).await?
}

/// Opens the project, where one was named, before anybody asks for it, so that it
/// learns what it knew while the browser starts.
pub(super) fn open_ahead(app: &App) {
    let Some(name) = app.home.only() else { return };
    // Whoever asks for it next tries again, and is told.
    if let Err(error) = running(app, &name) {
        tracing::warn!(project = name, error = error.told(), "cannot open a project");
    }
}

fn running(app: &App, name: &str) -> Result<Running, ApiError> {
    if !app.open.is_open(name) && app.home.find(name)?.is_none() {
        return Err(projects::no_project(name));
    }
    let slot = app.open.slot(name);
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = &*slot {
        return Ok(running.clone());
    }
    let folder = app.home.find(name)?.ok_or_else(|| projects::no_project(name))?;
    let running = open(&folder)?;
    *slot = Some(running.clone());
    Ok(running)
}

fn open(folder: &Path) -> Result<Running, Error> {
    tracing::info!(folder = %folder.display(), "opening a project");
    let live = Arc::new(Live::open(Project::open(folder, WAIT)?, Box::new(Networks))?);
    let told = broadcast::Sender::new(TOLD_KEPT);
    let (weak, changes, sender) = (Arc::downgrade(&live), live.subscribe(), told.clone());
    let thread = thread::Builder::new().name("tell".to_owned());
    let thread = thread.spawn(move || events::tell(&weak, changes, &sender));
    thread.map_err(Error::file("start a thread for", folder))?;
    Ok(Running { live, told })
}

/// The networks that the command line uses as well.
struct Networks;

impl Wiring for Networks {
    fn embedder(&self, project: &Project) -> Result<Box<dyn Embedder>, Error> {
        cli::embed::embedder(project).map_err(|error| {
            Error::input(format!("{error:#}"), "choose another model in the settings")
        })
    }

    fn inspect(&self) -> &dyn Inspect {
        &cli::import::Decodes
    }
}

/// Where a page begins, as [`super::wire::Page`] said.
pub(crate) fn cursor<T: FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| {
        ApiError::invalid(format!("not a cursor: `{}`", text.escape_default()))
            .help("send `next_cursor` of the page before")
    })
}

/// What could not be read or shown, as a refusal.
pub(crate) fn diagnosed(diagnostic: Diagnostic) -> ApiError {
    let error = ApiError::invalid(diagnostic.message);
    match diagnostic.help {
        Some(help) => error.help(help),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use crate::http::{App, Config, Here};
    use annota_engine::project::{Project, ProjectConfig};
    use std::{fs, net::Ipv4Addr, path::Path, sync::Arc, time::Duration};

    fn app(folder: &Path) -> Arc<App> {
        let here = Here { address: Ipv4Addr::LOCALHOST.into(), port: 0, hosts: Vec::new() };
        let config = Config { here, local_user: "mia".to_owned(), most_body: 0, most_upload: 0 };
        App::open(folder, config).expect("opens")
    }

    #[test]
    fn a_project_that_was_named_is_opened_before_anybody_asks() {
        let folder = tempfile::tempdir().expect("a folder");
        let pets = folder.path().join("pets");
        fs::create_dir(&pets).expect("made");
        drop(Project::create(&pets, ProjectConfig::default(), Duration::ZERO).expect("made"));

        let of_all = app(folder.path());
        of_all.open_ahead();
        assert!(!of_all.open.is_open("pets"), "one of many");

        let of_one = app(&pets);
        of_one.open_ahead();
        assert!(of_one.open.is_open("pets"));
        of_one.close_projects();
    }
}
