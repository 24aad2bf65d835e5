//! Who may use the server: accounts, API tokens and logins, in one file.
//!
//! The file is `accounts.json` in the folder `.annota` of what is served, and
//! only its owner may read it. Passwords are kept as argon2id hashes; tokens and
//! logins are random, and kept as hashes keyed with a secret that is made with
//! the folder. The command line and a running server change the same file, one
//! at a time. This module knows no HTTP and asks nobody for a password.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use annota_engine::Error;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Below the folder that is served.
const FOLDER: &str = ".annota";
const BOOK: &str = "accounts.json";
const LOCK: &str = "accounts.lock";
const SECRET: &str = "secret";
/// How long a login lasts.
pub(crate) const LOGIN_LASTS: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Characters of a password, at least.
const LEAST_PASSWORD: usize = 8;
/// Bytes of a password, at most: hashing costs by length.
const MOST_PASSWORD: usize = 1_024;
/// Characters of a name, at most.
const MOST_NAME: usize = 64;
/// By which a token is told from other secrets.
const TOKEN_PREFIX: &str = "annota_";

/// What somebody may do; each role may do what those before it may.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answer questions
    Annotator,
    /// Also settle doubts and export
    Reviewer,
    /// Also make projects and change their settings
    Owner,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
}

/// The file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    users: Vec<UserEntry>,
    tokens: Vec<TokenEntry>,
    logins: Vec<LoginEntry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEntry {
    name: String,
    role: Role,
    password: String,
    created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenEntry {
    user: String,
    hash: String,
    created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginEntry {
    user: String,
    hash: String,
    expires_at: Timestamp,
}

impl Book {
    fn user(&self, name: &str) -> Option<User> {
        let found = self.users.iter().find(|it| it.name == name)?;
        Some(User { name: found.name.clone(), role: found.role, created_at: found.created_at })
    }
}

/// By which a changed file is told from the one that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    changed_at: SystemTime,
    size: u64,
    file: u64,
}

/// The accounts of a folder that is served.
pub(crate) struct Accounts {
    folder: PathBuf,
    secret: [u8; 32],
    read: Mutex<Option<(Stamp, Arc<Book>)>>,
}

impl Accounts {
    /// The accounts of `served`; makes the folder and the secret if they are
    /// not there.
    pub(crate) fn open(served: &Path) -> Result<Accounts, Error> {
        let folder = served.join(FOLDER);
        make_private_folder(&folder)?;
        let lock = lock(&folder)?;
        let secret = secret(&folder.join(SECRET))?;
        drop(lock);
        Ok(Accounts { folder, secret, read: Mutex::default() })
    }

    /// Everybody, in the order they were added.
    pub(crate) fn users(&self) -> Result<Vec<User>, Error> {
        let book = self.book()?;
        Ok(book.users.iter().filter_map(|it| book.user(&it.name)).collect())
    }

    /// Whether anybody has an account.
    pub(crate) fn has_users(&self) -> Result<bool, Error> {
        Ok(!self.book()?.users.is_empty())
    }

    /// Adds somebody.
    pub(crate) fn add(&self, name: &str, password: &str, role: Role) -> Result<User, Error> {
        check_name(name)?;
        check_password(password)?;
        let password = hash_password(password)?;
        let user = User { name: name.to_owned(), role, created_at: Timestamp::now() };
        self.change(|book| {
            if book.user(name).is_some() {
                return Err(Error::input(
                    format!("there already is an account called `{name}`"),
                    format!("choose another name, or `annota user remove {name}` first"),
                ));
            }
            let (name, created_at) = (user.name.clone(), user.created_at);
            book.users.push(UserEntry { name, role, password, created_at });
            Ok(user)
        })
    }

    /// Removes somebody with all tokens and logins. What they answered stays.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        self.change(|book| {
            if book.user(name).is_none() {
                let names: Vec<&str> = book.users.iter().map(|it| it.name.as_str()).collect();
                return Err(Error::input(
                    format!("no account is called `{name}`"),
                    format!("there are: {}", names.join(", ")),
                ));
            }
            book.users.retain(|it| it.name != name);
            book.tokens.retain(|it| it.user != name);
            book.logins.retain(|it| it.user != name);
            Ok(())
        })
    }

    /// A new API token of `name`, which is not kept: only its hash is.
    pub(crate) fn new_token(&self, name: &str) -> Result<String, Error> {
        let token = format!("{TOKEN_PREFIX}{}", random()?);
        let hash = self.keyed(&token);
        self.change(|book| {
            if book.user(name).is_none() {
                return Err(Error::input(
                    format!("no account is called `{name}`"),
                    format!("make one, with `annota user add {name}`"),
                ));
            }
            let created_at = Timestamp::now();
            book.tokens.push(TokenEntry { user: name.to_owned(), hash, created_at });
            Ok(())
        })?;
        Ok(token)
    }

    /// Who the bearer of `token` is.
    pub(crate) fn by_token(&self, token: &str) -> Result<Option<User>, Error> {
        let (book, hash) = (self.book()?, self.keyed(token));
        let found = book.tokens.iter().find(|it| it.hash == hash);
        Ok(found.and_then(|it| book.user(&it.user)))
    }

    /// A new login of `name`, if the password is right: the secret that the
    /// browser keeps. Takes as long for a name that nobody has.
    pub(crate) fn log_in(
        &self,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Option<(String, User)>, Error> {
        let book = self.book()?;
        let entry = book.users.iter().find(|it| it.name == name);
        let stored = match entry {
            Some(entry) => entry.password.clone(),
            None => hash_password("nobody's")?,
        };
        let is_right = password.len() <= MOST_PASSWORD
            && Argon2::default().verify_password(password.as_bytes(), stored.as_str()).is_ok();
        let Some(user) = book.user(name).filter(|_| is_right) else { return Ok(None) };
        let secret = random()?;
        let hash = self.keyed(&secret);
        self.change(|book| {
            book.logins.retain(|it| now < it.expires_at);
            let expires_at = now + LOGIN_LASTS;
            book.logins.push(LoginEntry { user: name.to_owned(), hash, expires_at });
            Ok(())
        })?;
        Ok(Some((secret, user)))
    }

    /// Ends the login with this secret, if there is one.
    pub(crate) fn log_out(&self, secret: &str) -> Result<(), Error> {
        let hash = self.keyed(secret);
        self.change(|book| {
            book.logins.retain(|it| it.hash != hash);
            Ok(())
        })
    }

    /// Who logged in with this secret.
    pub(crate) fn by_login(&self, secret: &str, now: Timestamp) -> Result<Option<User>, Error> {
        let (book, hash) = (self.book()?, self.keyed(secret));
        let found = book.logins.iter().find(|it| it.hash == hash && now < it.expires_at);
        Ok(found.and_then(|it| book.user(&it.user)))
    }

    // Secrets are 256 random bits: nobody finds one that has a given hash by
    // watching how long comparing hashes takes.
    fn keyed(&self, secret: &str) -> String {
        blake3::keyed_hash(&self.secret, secret.as_bytes()).to_hex().to_string()
    }

    /// The file as it is now, read again only when another one is there.
    fn book(&self) -> Result<Arc<Book>, Error> {
        let path = self.folder.join(BOOK);
        let Some(stamp) = stamp(&path)? else { return Ok(Arc::default()) };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, book)) = read.as_ref()
            && *known == stamp
        {
            return Ok(Arc::clone(book));
        }
        let book = Arc::new(read_book(&path)?);
        *read = Some((stamp, Arc::clone(&book)));
        Ok(book)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Book) -> Result<T, Error>) -> Result<T, Error> {
        let lock = lock(&self.folder)?;
        let path = self.folder.join(BOOK);
        let mut book = if path.is_file() { read_book(&path)? } else { Book::default() };
        let result = change(&mut book)?;
        let json = serde_json::to_vec_pretty(&book).expect("strings and times");
        write_private(&path, &json)?;
        drop(lock);
        Ok(result)
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let length = name.chars().count();
    let is_fine = (1..=MOST_NAME).contains(&length)
        && name.trim() == name
        && !name.chars().any(|it| it.is_control() || it == '/' || it == '\\');
    if is_fine {
        return Ok(());
    }
    Err(Error::input(
        format!("cannot call an account `{}`", name.escape_default()),
        format!("use 1 to {MOST_NAME} characters, no slashes, no spaces at the ends"),
    ))
}

fn check_password(password: &str) -> Result<(), Error> {
    if password.chars().count() < LEAST_PASSWORD {
        return Err(Error::input(
            format!("a password of {} characters is too short", password.chars().count()),
            format!("use {LEAST_PASSWORD} or more"),
        ));
    }
    if MOST_PASSWORD < password.len() {
        return Err(Error::input(
            format!("a password of {} bytes is too long", password.len()),
            format!("use {MOST_PASSWORD} bytes or fewer"),
        ));
    }
    Ok(())
}

/// With argon2's recommended parameters, and a random salt.
fn hash_password(password: &str) -> Result<String, Error> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|it| it.to_string()).map_err(|error| no_secret(&error.to_string()))
}

/// 256 random bits, in hexadecimal.
fn random() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| no_secret(&error.to_string()))?;
    Ok(blake3::Hash::from_bytes(bytes).to_hex().to_string())
}

fn no_secret(reason: &str) -> Error {
    let source = std::io::Error::other(reason.to_owned());
    Error::File { doing: "read", path: PathBuf::from("the system's random numbers"), source }
}

/// The secret in the file `path`, made if it is not there. The caller holds
/// the lock.
fn secret(path: &Path) -> Result<[u8; 32], Error> {
    if !path.exists() {
        write_private(path, random()?.as_bytes())?;
    }
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    let secret = blake3::Hash::from_hex(text.trim()).map_err(|error| Error::Damaged {
        what: path.display().to_string(),
        reason: error.to_string(),
        help: "delete it; everybody has to log in again, and tokens have to be made anew"
            .to_owned(),
    })?;
    Ok(*secret.as_bytes())
}

fn read_book(path: &Path) -> Result<Book, Error> {
    let bytes = fs::read(path).map_err(Error::file("read", path))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
        what: path.display().to_string(),
        reason: error.to_string(),
        help: "restore it, or delete it and add the accounts again with `annota user add`"
            .to_owned(),
    })
}

fn stamp(path: &Path) -> Result<Option<Stamp>, Error> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(Error::file("read", path))?,
    };
    let changed_at = metadata.modified().map_err(Error::file("read", path))?;
    // Every change is a new file, so its number tells two within one tick apart.
    #[cfg(unix)]
    let file = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let file = 0;
    Ok(Some(Stamp { changed_at, size: metadata.len(), file }))
}

/// Waits for its turn: changes take milliseconds.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let file = private().open(&path).map_err(Error::file("open", &path))?;
    file.lock().map_err(Error::file("lock", &path))?;
    Ok(file)
}

fn make_private_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(Error::file("make", folder))
}

fn private() -> OpenOptions {
    let mut options = File::options();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let part = path.with_extension("part");
    let write = || -> std::io::Result<()> {
        let mut file = private().truncate(true).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(Error::file("write", path))
}

#[cfg(test)]
mod tests {
    use super::{Accounts, LOGIN_LASTS, Role};
    use jiff::Timestamp;

    const PASSWORD: &str = "correct horse";

    fn accounts() -> (tempfile::TempDir, Accounts) {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::open(folder.path()).expect("opens");
        (folder, accounts)
    }

    #[test]
    fn a_login_is_its_user_until_it_ends() {
        let (_folder, accounts) = accounts();
        let now = Timestamp::now();
        accounts.add("mia", PASSWORD, Role::Reviewer).expect("added");
        assert!(accounts.log_in("mia", "correct hors", now).expect("read").is_none());
        assert!(accounts.log_in("max", PASSWORD, now).expect("read").is_none());
        let (secret, user) = accounts.log_in("mia", PASSWORD, now).expect("read").expect("right");
        assert_eq!((user.name.as_str(), user.role), ("mia", Role::Reviewer));
        let found = accounts.by_login(&secret, now).expect("read");
        assert_eq!(found, Some(user));
        let later = now + LOGIN_LASTS;
        assert_eq!(accounts.by_login(&secret, later).expect("read"), None, "it has expired");
        accounts.log_out(&secret).expect("written");
        assert_eq!(accounts.by_login(&secret, now).expect("read"), None);
    }

    #[test]
    fn who_is_removed_keeps_no_token_and_no_login() {
        let (_folder, accounts) = accounts();
        let now = Timestamp::now();
        accounts.add("mia", PASSWORD, Role::Owner).expect("added");
        let token = accounts.new_token("mia").expect("made");
        let (login, _) = accounts.log_in("mia", PASSWORD, now).expect("read").expect("right");
        assert!(accounts.by_token(&token).expect("read").is_some());
        assert!(accounts.by_token(&login).expect("read").is_none(), "a login is no token");
        accounts.remove("mia").expect("removed");
        accounts.add("mia", PASSWORD, Role::Owner).expect("added again");
        assert!(accounts.by_token(&token).expect("read").is_none());
        assert!(accounts.by_login(&login, now).expect("read").is_none());
    }

    #[test]
    fn a_change_by_another_process_is_noticed() {
        let (folder, server) = accounts();
        assert!(server.users().expect("read").is_empty());
        let command_line = Accounts::open(folder.path()).expect("opens");
        for name in ["mia", "max", "moe"] {
            command_line.add(name, PASSWORD, Role::Annotator).expect("added");
            let names: Vec<String> =
                server.users().expect("read").into_iter().map(|it| it.name).collect();
            assert_eq!(names.last().map(String::as_str), Some(name));
        }
        let token = command_line.new_token("max").expect("made");
        assert_eq!(server.by_token(&token).expect("read").expect("known").name, "max");
    }

    #[test]
    fn nothing_secret_is_written_down_and_nobody_else_may_read_it() {
        let (folder, accounts) = accounts();
        accounts.add("mia", PASSWORD, Role::Owner).expect("added");
        let token = accounts.new_token("mia").expect("made");
        let now = Timestamp::now();
        let (login, _) = accounts.log_in("mia", PASSWORD, now).expect("read").expect("right");
        let path = folder.path().join(".annota/accounts.json");
        let text = std::fs::read_to_string(&path).expect("there");
        assert!(text.contains("$argon2id$"), "{text}");
        for secret in [PASSWORD, &token, &login] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        #[cfg(unix)]
        for name in ["accounts.json", "secret"] {
            use std::os::unix::fs::PermissionsExt;
            let metadata = std::fs::metadata(path.with_file_name(name)).expect("there");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn bad_names_and_passwords_are_refused_and_names_are_unique() {
        let (_folder, accounts) = accounts();
        for name in ["", " mia", "mia\n", "a/b", &"x".repeat(65)] {
            assert!(accounts.add(name, PASSWORD, Role::Owner).is_err(), "{name:?}");
        }
        for password in ["", "1234567", &"x".repeat(1_025)] {
            assert!(accounts.add("mia", password, Role::Owner).is_err(), "{password}");
        }
        accounts.add("mia", PASSWORD, Role::Owner).expect("added");
        let error = accounts.add("mia", PASSWORD, Role::Owner).expect_err("twice");
        assert!(error.to_string().contains("already"), "{error}");
    }
}
