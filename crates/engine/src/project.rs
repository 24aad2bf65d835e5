//! A project: a folder with a configuration, a database, matrices, models and
//! exports, open in one process at a time.
//!
//! This module knows where things lie and who may touch them. It does not know
//! what is in the database ([`crate::store`]).

mod config;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::config::{CONFIG, read_config, write_config};
pub use self::config::{Labelling, Look, ProjectConfig};
use crate::{
    Error,
    certificate::Asked,
    store::{BeforeWrite, Item, Location, Source, Store, matrices::Matrix},
};

/// Holds the lock, and who has it.
const LOCK: &str = "annota.lock";
/// The SQLite database.
const DATABASE: &str = "annota.db";
/// How often a waiting process looks again.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// Who has a project open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// Its command line.
    pub command: String,
    /// When it opened the project, ISO 8601.
    pub since: String,
}

impl Holder {
    fn this_process() -> Holder {
        let command: Vec<String> =
            std::env::args_os().map(|it| it.to_string_lossy().into_owned()).collect();
        Holder {
            pid: std::process::id(),
            command: command.join(" "),
            since: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// An open project. Dropping it lets the next process in.
pub struct Project {
    folder: PathBuf,
    id: String,
    config: RwLock<Arc<ProjectConfig>>,
    store: Store,
    // Held open for the lock; dropped after the store.
    _lock: File,
}

impl Project {
    /// Makes a project in `folder`, which may exist, and opens it; another
    /// process that is making one there is waited for until `wait` is over.
    ///
    /// A crash in here leaves no project; making it again then works.
    pub fn create(folder: &Path, config: ProjectConfig, wait: Duration) -> Result<Project, Error> {
        Project::create_observed(folder, config, wait, BeforeWrite::default())
    }

    /// Opens the project in `folder`; another process that has it open is
    /// waited for until `wait` is over.
    pub fn open(folder: &Path, wait: Duration) -> Result<Project, Error> {
        Project::open_observed(folder, wait, BeforeWrite::default())
    }

    /// Opens the project in `folder`, or makes it as `config` says.
    pub fn open_or_create(
        folder: &Path,
        config: ProjectConfig,
        wait: Duration,
    ) -> Result<Project, Error> {
        if Project::is_at(folder) {
            return Project::open(folder, wait);
        }
        match Project::create(folder, config, wait) {
            // Somebody made it while we waited.
            Err(Error::AlreadyAProject { .. }) => Project::open(folder, wait),
            result => result,
        }
    }

    /// Whether `folder` holds a project.
    pub fn is_at(folder: &Path) -> bool {
        folder.join(CONFIG).is_file()
    }

    #[doc(hidden)]
    pub fn create_observed(
        folder: &Path,
        config: ProjectConfig,
        wait: Duration,
        before_write: BeforeWrite,
    ) -> Result<Project, Error> {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        let folder = folder.canonicalize().map_err(Error::file("open", folder))?;
        let lock = lock(&folder, wait)?;
        if Project::is_at(&folder) {
            return Err(Error::AlreadyAProject { folder });
        }
        for it in ["matrices", "models", "exports", "items"] {
            before_write.call("folder");
            fs::create_dir_all(folder.join(it)).map_err(Error::file("make", folder.join(it)))?;
        }
        let id = new_id(&folder);
        let store = Store::connect(&location(&folder, &config), before_write)?;
        store.adopt(&id)?;
        store.add_classes(&config.classes)?;
        store.before_write().call("configuration");
        write_config(&folder, &id, &config)?;
        Ok(Project { folder, id, config: RwLock::new(Arc::new(config)), store, _lock: lock })
    }

    #[doc(hidden)]
    pub fn open_observed(
        folder: &Path,
        wait: Duration,
        before_write: BeforeWrite,
    ) -> Result<Project, Error> {
        if !Project::is_at(folder) {
            return Err(Error::NotAProject { folder: folder.to_owned() });
        }
        let folder = folder.canonicalize().map_err(Error::file("open", folder))?;
        let lock = lock(&folder, wait)?;
        let (id, config) = read_config(&folder)?;
        let location = location(&folder, &config);
        if let Location::Sqlite(path) = &location
            && !path.is_file()
        {
            return Err(Error::Damaged {
                what: path.display().to_string(),
                reason: "the database is gone".to_owned(),
                help: "restore it from a backup, or delete the project's folder and start again"
                    .to_owned(),
            });
        }
        let store = Store::connect(&location, before_write)?;
        store.belongs_to(&id)?;
        store.add_classes(&config.classes)?;
        Ok(Project { folder, id, config: RwLock::new(Arc::new(config)), store, _lock: lock })
    }

    /// The project's folder, absolute.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the user set, as it is now.
    pub fn config(&self) -> Arc<ProjectConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Facts and results.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where trained models lie.
    pub fn models_folder(&self) -> PathBuf {
        self.folder.join("models")
    }

    /// Where exports go unless the user names another place.
    pub fn exports_folder(&self) -> PathBuf {
        self.folder.join("exports")
    }

    /// Where lies what can be had again.
    pub fn cache_folder(&self) -> PathBuf {
        self.folder.join("cache")
    }

    /// Where pictures lie that came without files of their own.
    pub fn items_folder(&self) -> PathBuf {
        self.folder.join("items")
    }

    /// Changes the configuration, at once and on disk. Classes are added,
    /// never removed; the database stays where it is.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for a setting that makes no sense, for another database,
    /// and for another goal while an audit is being answered: a goal chosen after
    /// its answers are seen would prove nothing.
    pub fn set_config(&self, config: ProjectConfig) -> Result<(), Error> {
        let mut current = self.config.write().unwrap_or_else(PoisonError::into_inner);
        if config.database != current.database {
            return Err(Error::input(
                "a project cannot move to another database",
                "make a new project with `--database`, and import into it",
            ));
        }
        let goal = config.labelling.goal;
        if goal != current.labelling.goal
            && let Some(audit) = self.store.open_audit()?
            && goal != Asked::read(&audit)?.goal
        {
            return Err(Error::input(
                "the goal cannot change while an audit is being answered",
                "finish the audit first",
            ));
        }
        config.labelling.check().map_err(|it| Error::input(it, "choose another value"))?;
        self.store.add_classes(&config.classes)?;
        self.store.before_write().call("configuration");
        write_config(&self.folder, &self.id, &config)?;
        *current = Arc::new(config);
        Ok(())
    }

    /// The embeddings of the embedder called `embedder_id`, cached on disk.
    pub fn matrix(&self, embedder_id: &str, dim: usize) -> Result<Matrix, Error> {
        Matrix::open(&self.folder.join("matrices"), embedder_id, dim)
    }

    /// The file of an item that has one.
    pub fn item_path(&self, item: &Item) -> Option<PathBuf> {
        match &item.source {
            // An absolute path replaces the folder.
            Source::File(path) => Some(self.folder.join(path)),
            Source::Inline(_) => None,
        }
    }

    /// The bytes of an item: of its file, or of its text.
    pub fn read_item(&self, item: &Item) -> Result<Vec<u8>, Error> {
        match &item.source {
            Source::File(path) => {
                let path = self.folder.join(path);
                fs::read(&path).map_err(Error::file("read", path))
            }
            Source::Inline(text) => Ok(text.clone().into_bytes()),
        }
    }
}

/// Writes a file so that it is there whole or not at all: a temporary file
/// beside it, flushed to the device, then renamed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_atomically_as(path, bytes, &File::options())
}

/// As [`write_atomically`], into a file that is made with `options`.
fn write_atomically_as(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = folder.join(name);
    let write = || -> std::io::Result<()> {
        let mut file = options.clone().write(true).create(true).truncate(true).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        // The new name is durable once the folder is; not every system can.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&part);
        Error::File { doing: "write", path: path.to_owned(), source }
    })
}

/// Takes the lock of `folder`, waiting for its holder until `wait` is over,
/// and writes into it who we are.
fn lock(folder: &Path, wait: Duration) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(Error::file("lock", &path))?;
    let deadline = Instant::now() + wait;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(source)) => {
                return Err(Error::File { doing: "lock", path, source });
            }
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(LOCK_POLL);
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok();
                let holder = holder.and_then(|_| serde_json::from_str(&text).ok());
                return Err(Error::InUse { folder: folder.to_owned(), holder });
            }
        }
    }
    let holder = serde_json::to_vec(&Holder::this_process()).expect("strings and a number");
    file.set_len(0).and_then(|()| file.write_all(&holder)).map_err(Error::file("write", &path))?;
    Ok(file)
}

fn location(folder: &Path, config: &ProjectConfig) -> Location {
    match &config.database {
        Some(url) => Location::Postgres(url.clone()),
        None => Location::Sqlite(folder.join(DATABASE)),
    }
}

/// Different for every project: a hash of when, where and by whom it was made.
fn new_id(folder: &Path) -> String {
    let made = format!("{} {} {}", Timestamp::now(), std::process::id(), folder.display());
    blake3::hash(made.as_bytes()).to_hex()[..32].to_owned()
}
