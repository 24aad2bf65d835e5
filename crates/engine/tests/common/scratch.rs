//! Empty databases for tests. Those of the program use this file, too.

#![allow(dead_code, reason = "every test uses a part of this")]

use annota_engine::store::{BeforeWrite, Location, Store};
use sea_orm::{ConnectionTrait, Database};

/// An empty database, gone when dropped.
pub(crate) struct Scratch {
    pub(crate) location: Location,
    folder: Option<tempfile::TempDir>,
    server: Option<(String, String)>,
}

impl Scratch {
    pub(crate) fn sqlite() -> Scratch {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = Location::Sqlite(folder.path().join("annota.db"));
        Scratch { location, folder: Some(folder), server: None }
    }

    /// A fresh database on the server that `ANNOTA_TEST_POSTGRES` names.
    pub(crate) fn postgres() -> Option<Scratch> {
        let server = std::env::var("ANNOTA_TEST_POSTGRES").ok().filter(|it| !it.is_empty())?;
        let unique = tempfile::tempdir().expect("a temporary folder");
        let unique = unique.path().file_name().expect("has a name").to_string_lossy().into_owned();
        let unique: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("annota_test_{}_{}", std::process::id(), unique.to_lowercase());
        on_server(&server, &format!("CREATE DATABASE {name}"));
        let (base, parameters) = match server.split_once('?') {
            Some((base, parameters)) => (base, format!("?{parameters}")),
            None => (server.as_str(), String::new()),
        };
        let base = base.rsplit_once('/').expect("a URL with a database").0;
        let location = Location::Postgres(format!("{base}/{name}{parameters}"));
        Some(Scratch { location, folder: None, server: Some((server, name)) })
    }

    /// SQLite always, PostgreSQL where there is one.
    pub(crate) fn all() -> Vec<Scratch> {
        let mut all = vec![Scratch::sqlite()];
        all.extend(Scratch::postgres());
        all
    }

    pub(crate) fn open(&self) -> Store {
        Store::connect(&self.location, BeforeWrite::default()).expect("opens")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server {
            on_server(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn on_server(url: &str, statement: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let server =
            Box::pin(Database::connect(url)).await.expect("ANNOTA_TEST_POSTGRES can be reached");
        server.execute_unprepared(statement).await.expect("may make databases");
        server.close().await.expect("closes");
    });
}
