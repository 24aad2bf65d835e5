//! The store: what a project keeps in its database.
//!
//! Facts (items, annotations) are appended and never changed; results (model
//! versions, audits, certificates, auto labels) are derived from them. Every
//! method blocks until it is done, and what it wrote is durable when it
//! returns; asynchronous callers use `spawn_blocking`. SQL and the wire types
//! stay in this folder. Embeddings are files ([`matrices`]), not tables.

mod entity;
mod facts;
mod items;
pub mod matrices;
mod migration;
mod remarks;
mod results;
pub(crate) mod wire;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use annota_core::label::Schema;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectOptions, ConnectionTrait, Database,
    DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult,
    IntoActiveModel, Iterable, QueryOrder, QuerySelect, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::runtime::Runtime;

pub use facts::{
    Annotation, AnnotationId, AnnotatorId, NewAnnotation, ShownSuggestion, most_say, without_undone,
};
pub use items::{InsertReport, Inserted, Item, ItemName, NewItem, Source};
pub use remarks::{NewRemark, Remark, RemarkId};
pub use results::{
    Audit, AuditId, AuditState, AutoLabel, Certificate, CertificateId, Event, ModelVersion,
    ModelVersionId, NewAudit, NewCertificate, NewModelVersion,
};
pub(crate) use wire::Classes;

use crate::Error;
use entity::{class, property};

/// Values in one statement: SQLite takes 32,766, PostgreSQL 65,535.
const MAX_VALUES: usize = 32_000;
/// Rows in one statement; more gain nothing.
const MAX_ROWS: usize = 1_000;
/// Rows read at once when reading all.
const PAGE_LEN: u64 = 20_000;
/// How long one writer waits for another inside this process.
const BUSY_TIMEOUT: Duration = Duration::from_mins(1);
/// Names our advisory lock on PostgreSQL.
const POSTGRES_LOCK: i64 = 0x616e_6e6f_7461;

/// Where a store lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file, made if it is not there.
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(String),
}

/// Called before every write with what is about to be written, so that tests
/// can die between any two.
#[doc(hidden)]
#[derive(Clone, Default)]
pub struct BeforeWrite(Option<Arc<dyn Fn(&'static str) + Send + Sync>>);

impl BeforeWrite {
    /// Calls `hook` before every write.
    pub fn new(hook: impl Fn(&'static str) + Send + Sync + 'static) -> BeforeWrite {
        BeforeWrite(Some(Arc::new(hook)))
    }

    pub(crate) fn call(&self, what: &'static str) {
        if let Some(hook) = &self.0 {
            hook(what);
        }
    }
}

impl fmt::Debug for BeforeWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BeforeWrite")
    }
}

/// An open database. Not to be called from asynchronous code.
#[derive(Debug)]
pub struct Store {
    // `None` only while dropping.
    runtime: Option<Runtime>,
    database: DatabaseConnection,
    before_write: BeforeWrite,
    // Whose turn it is to write, first come first served. The database lets one
    // write at a time, too, but whoever comes again at once is before who waits.
    turn: tokio::sync::Mutex<()>,
    // Invariant: what is in the table `class`, by position.
    classes: RwLock<Arc<Classes>>,
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Closing waits for SQLite's last checkpoint.
            let closed = runtime.block_on(self.database.close_by_ref());
            drop(closed);
            runtime.shutdown_background();
        }
    }
}

impl Store {
    /// Opens the database at `location` and brings its tables up to date.
    pub fn connect(location: &Location, before_write: BeforeWrite) -> Result<Store, Error> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("store").enable_all().build();
        let runtime = runtime.map_err(Error::file("start a thread for", "the store"))?;
        let database = runtime
            .block_on(Database::connect(connect_options(location)))
            .map_err(|source| cannot_connect(location, source))?;
        let store = Store {
            runtime: Some(runtime),
            database,
            before_write,
            turn: tokio::sync::Mutex::default(),
            classes: RwLock::default(),
        };
        store.migrate()?;
        store.read_classes()?;
        Ok(store)
    }

    /// The classes so far, by position; fewer than two do not make a schema yet.
    pub fn classes(&self) -> Vec<String> {
        self.known_classes().names().to_vec()
    }

    /// The schema, once there are two classes.
    pub fn schema(&self) -> Result<Schema, Error> {
        self.known_classes().schema()
    }

    /// Adds those of `names` that are not classes yet, in that order.
    pub fn add_classes(&self, names: &[String]) -> Result<(), Error> {
        let known = self.known_classes();
        let mut all = known.names().to_vec();
        for name in names {
            if name.trim().is_empty() {
                return Err(Error::input("a class without a name", "give every class a name"));
            }
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        if usize::from(u16::MAX) < all.len() {
            return Err(Error::input(
                format!("a schema holds at most 65,535 classes, found {}", all.len()),
                "is this the field with the label?",
            ));
        }
        let n_known = known.names().len();
        if all.len() == n_known {
            return Ok(());
        }
        let rows = (0..).zip(&all).skip(n_known);
        let rows: Vec<class::Model> =
            rows.map(|(position, name)| class::Model { position, name: name.clone() }).collect();
        self.write("class", async |transaction| {
            transaction.insert_many::<class::ActiveModel>(rows).await
        })?;
        self.read_classes()
    }

    /// For the crash tests, which also count the files that are written.
    pub(crate) fn before_write(&self) -> &BeforeWrite {
        &self.before_write
    }

    pub(crate) fn known_classes(&self) -> Arc<Classes> {
        self.classes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn read_classes(&self) -> Result<(), Error> {
        let rows = self.run("read classes", async |database| {
            class::Entity::find().order_by_asc(class::Column::Position).all(database).await
        })?;
        let classes = Classes::new(rows.into_iter().map(|it| it.name).collect());
        *self.classes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(classes);
        Ok(())
    }

    /// Makes this the database of project `id`, unless it is another's.
    pub(crate) fn adopt(&self, id: &str) -> Result<(), Error> {
        if self.n_items()? != 0 {
            return Err(Error::input(
                "the database already holds the items of a project",
                "name an empty database; or restore the `annota.toml` of that project",
            ));
        }
        let row = property::Model { name: "project".to_owned(), value: id.to_owned() };
        self.write("property", async |transaction| {
            // A crash in the middle of `init` leaves a row of a project that never was.
            let stale = property::Entity::delete_many().exec(&transaction.inner).await;
            stale.map_err(Error::database("write"))?;
            transaction.insert_many::<property::ActiveModel>(vec![row]).await
        })
    }

    /// Whether this is the database of project `id`.
    pub(crate) fn belongs_to(&self, id: &str) -> Result<(), Error> {
        let found = self.run("read the project's id", async |database| {
            property::Entity::find_by_id("project").one(database).await
        })?;
        if found.is_some_and(|it| it.value == id) {
            return Ok(());
        }
        Err(Error::input(
            "the database belongs to another project",
            "check `id` and `database` in `annota.toml`",
        ))
    }

    /// The secret of this project, 32 random bytes in hexadecimal; made when
    /// first asked for.
    pub fn secret(&self) -> Result<String, Error> {
        const NAME: &str = "secret";
        self.write("secret", async |transaction| {
            let known = property::Entity::find_by_id(NAME).one(&transaction.inner).await;
            if let Some(known) = known.map_err(Error::database("read the secret"))? {
                return Ok(known.value);
            }
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|it| {
                Error::input(format!("the system gives no random numbers: {it}"), "restart it")
            })?;
            let value: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
            let row = property::Model { name: NAME.to_owned(), value: value.clone() };
            transaction.insert_many::<property::ActiveModel>(vec![row]).await?;
            Ok(value)
        })
    }

    fn migrate(&self) -> Result<(), Error> {
        self.before_write.call("tables");
        let body = async {
            let transaction = begin(&self.database).await?;
            migration::Migrator::up(&transaction, None).await?;
            self.before_write.call("commit");
            transaction.commit().await
        };
        self.runtime().block_on(body).map_err(|source| match source {
            sea_orm::DbErr::Custom(reason) => Error::Damaged {
                what: "the project".to_owned(),
                reason: format!("it was written by a later version ({reason})"),
                help: "open it with that version".to_owned(),
            },
            source => Error::Database { doing: "make its tables", source },
        })
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("only taken while dropping")
    }

    /// Runs a query.
    fn run<T>(
        &self,
        doing: &'static str,
        body: impl AsyncFnOnce(&DatabaseConnection) -> Result<T, sea_orm::DbErr>,
    ) -> Result<T, Error> {
        self.runtime().block_on(body(&self.database)).map_err(Error::database(doing))
    }

    /// Runs `body` in one transaction, durable when this returns.
    fn write<T>(
        &self,
        what: &'static str,
        body: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.runtime().block_on(async {
            let _turn = self.turn.lock().await;
            let inner = begin(&self.database).await.map_err(Error::database("begin to write"))?;
            let transaction = Transaction { inner, what, before_write: &self.before_write };
            let result = body(&transaction).await?;
            self.before_write.call("commit");
            transaction.inner.commit().await.map_err(Error::database("write"))?;
            Ok(result)
        })
    }

    /// All rows of a query, read page by page along `key`, which is unique.
    fn all_pages<E, M>(
        &self,
        query: &sea_orm::Select<E>,
        key: E::Column,
        key_of: impl Fn(&M) -> i64,
    ) -> Result<Vec<M>, Error>
    where
        E: EntityTrait,
        M: FromQueryResult + Send + Sync,
    {
        let mut all: Vec<M> = Vec::new();
        loop {
            let after = all.last().map_or(i64::MIN, &key_of);
            let page = sea_orm::QueryFilter::filter(query.clone(), key.gt(after))
                .order_by_asc(key)
                .limit(PAGE_LEN)
                .into_model::<M>();
            let page = self.run("read", async |database| page.all(database).await)?;
            let n_read = page.len() as u64;
            all.extend(page);
            if n_read < PAGE_LEN {
                return Ok(all);
            }
        }
    }
}

/// A write in progress.
struct Transaction<'a> {
    inner: DatabaseTransaction,
    what: &'static str,
    before_write: &'a BeforeWrite,
}

impl Transaction<'_> {
    /// Inserts rows, which all set the same columns.
    async fn insert_many<A>(
        &self,
        rows: Vec<<A::Entity as EntityTrait>::Model>,
    ) -> Result<(), Error>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        let n_columns = <A::Entity as EntityTrait>::Column::iter().count();
        let chunk_len = MAX_ROWS.min(MAX_VALUES / n_columns);
        let mut rows = rows.into_iter();
        loop {
            // Every value is set: a row is a fact, not a change to one.
            let chunk: Vec<A> = rows
                .by_ref()
                .take(chunk_len)
                .map(|it| it.into_active_model().reset_all())
                .collect();
            if chunk.is_empty() {
                return Ok(());
            }
            self.before_write.call(self.what);
            A::Entity::insert_many(chunk)
                .exec_without_returning(&self.inner)
                .await
                .map_err(Error::database("write"))?;
        }
    }

    /// One more than the largest value of `key`. Ids are given here, not by the
    /// database, so that they are known and ascending in the order of insertion;
    /// the transaction keeps other writers out.
    async fn next_id<C>(&self, key: C) -> Result<i64, Error>
    where
        C: ColumnTrait,
        C::EntityName: EntityTrait,
    {
        let query = C::EntityName::find().select_only().column_as(key.max(), "largest");
        let largest: Option<Option<i64>> = query
            .into_tuple()
            .one(&self.inner)
            .await
            .map_err(Error::database("read its largest id"))?;
        Ok(largest.flatten().unwrap_or(0) + 1)
    }
}

/// Begins a transaction that no other writer can interleave with.
async fn begin(database: &DatabaseConnection) -> Result<DatabaseTransaction, sea_orm::DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = database.begin_with_options(options).await?;
    if database.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(transaction)
}

fn connect_options(location: &Location) -> ConnectOptions {
    match location {
        Location::Sqlite(path) => {
            let path = path.clone();
            let mut options = ConnectOptions::new("sqlite://annota.db");
            options.max_connections(4).sqlx_logging(false).map_sqlx_sqlite_opts(move |it| {
                it.filename(&path)
                    .create_if_missing(true)
                    .busy_timeout(BUSY_TIMEOUT)
                    // Rows handed over between threads at once.
                    .row_buffer_size(2_000)
                    .foreign_keys(true)
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", "FULL")
                    // Pages: large imports rewrite the same pages of the indexes.
                    .pragma("wal_autocheckpoint", "10000")
                    // KiB: the index of content hashes is written at random.
                    .pragma("cache_size", "-65536")
            });
            options
        }
        Location::Postgres(url) => {
            let mut options = ConnectOptions::new(url.clone());
            options.max_connections(4).sqlx_logging(false).connect_timeout(Duration::from_secs(5));
            options
        }
    }
}

fn cannot_connect(location: &Location, source: sea_orm::DbErr) -> Error {
    match location {
        Location::Sqlite(_) => Error::Database { doing: "be opened", source },
        Location::Postgres(_) => Error::input(
            format!("cannot connect to PostgreSQL: {source}"),
            "is the server running, and are user, password and name in `--database` right?",
        ),
    }
}
