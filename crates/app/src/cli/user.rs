//! `annota user add | list | remove | token`.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use crossterm::{
    event::{self, Event, KeyCode, KeyEventKind, KeyModifiers},
    terminal,
};
use serde::Serialize;

use crate::{
    accounts::{Accounts, Role, User},
    cli::serve::served_folder,
    problem::Problem,
    report::{Align, Report, table},
    session::{Finish, Session},
};

/// Make, list and remove accounts for `annota serve`.
///
/// Accounts belong to what is served: a project, or a folder that holds projects.
/// A running server notices every change at once.
#[derive(Args, Debug)]
pub(crate) struct UserArgs {
    /// The folder that is served [default: the project at or above the current folder, else the
    /// current folder]
    #[arg(long, value_name = "DIR", global = true)]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make an account; asks for its password, or reads one line of standard input
    Add(AddArgs),
    /// List the accounts
    List,
    /// Remove an account; what was answered with it stays
    Remove(NameArgs),
    /// Print a new API token, which is shown only now
    Token(NameArgs),
}

#[derive(Args, Debug)]
struct AddArgs {
    /// Name to log in with; also the annotator's name in projects
    #[arg(value_name = "NAME")]
    name: String,
    /// What the account may do [default: owner for the first account, annotator for others]
    #[arg(long, value_enum, value_name = "ROLE")]
    role: Option<Role>,
}

#[derive(Args, Debug)]
struct NameArgs {
    /// Name of the account
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    role: Role,
    created_at: String,
}

impl From<User> for Listed {
    fn from(user: User) -> Listed {
        Listed { name: user.name, role: user.role, created_at: user.created_at.to_string() }
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct AllListed(Vec<Listed>);

impl Report for AllListed {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let row =
            |it: &Listed| vec![it.name.clone(), word(it.role).to_owned(), it.created_at.clone()];
        let rows: Vec<Vec<String>> = self.0.iter().map(row).collect();
        let head = [("name", Align::Left), ("role", Align::Left), ("since", Align::Left)];
        out.write_all(table(&head, &rows).as_bytes())
    }
}

/// What became of an account.
#[derive(Serialize)]
struct Changed {
    name: String,
    #[serde(skip)]
    told: String,
}

impl Report for Changed {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.told)
    }
}

#[derive(Serialize)]
struct Token {
    token: String,
}

impl Report for Token {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.token)
    }
}

pub(crate) fn run(args: UserArgs, session: &Session) -> anyhow::Result<Finish> {
    let folder = match args.folder {
        Some(folder) => folder,
        None => served_folder(session)?,
    };
    if !folder.is_dir() {
        return Err(Problem::new(format!("not a folder: `{}`", folder.display()))
            .help("name what is served with `--folder`")
            .into());
    }
    let accounts = Accounts::open(&folder)?;
    match args.command {
        UserCommand::Add(args) => add(&accounts, args, session)?,
        UserCommand::List => {
            let users = accounts.users()?.into_iter().map(Listed::from);
            session.print(&AllListed(users.collect()))?;
        }
        UserCommand::Remove(args) => {
            accounts.remove(&args.name)?;
            let told = format!("removed `{}`", args.name);
            session.print(&Changed { name: args.name, told })?;
        }
        UserCommand::Token(args) => {
            let token = accounts.new_token(&args.name)?;
            session.print(&Token { token })?;
        }
    }
    Ok(Finish::Done)
}

fn add(accounts: &Accounts, args: AddArgs, session: &Session) -> anyhow::Result<()> {
    let is_first = !accounts.has_users()?;
    let role = args.role.unwrap_or(if is_first { Role::Owner } else { Role::Annotator });
    if is_first && role != Role::Owner {
        return Err(Problem::new(format!("the first account cannot be {}", word(role)))
            .help("add an owner first: somebody has to make projects")
            .into());
    }
    let password = password(&args.name)?;
    accounts.add(&args.name, &password, role)?;
    let told = format!("added `{}` as {}", args.name, word(role));
    session.print(&Changed { name: args.name, told })
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Annotator => "annotator",
        Role::Reviewer => "reviewer",
        Role::Owner => "owner",
    }
}

/// A password: typed twice without being shown, or one line of standard input.
fn password(name: &str) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context("cannot read standard input")?;
        return Ok(line.trim_end_matches(['\n', '\r']).to_owned());
    }
    let password = typed(&format!("password of {name}: "))?;
    if typed("once more: ")? != password {
        return Err(Problem::new("the two passwords differ").help("try again").into());
    }
    Ok(password)
}

/// A line typed at the terminal that is not shown.
fn typed(prompt: &str) -> anyhow::Result<String> {
    eprint!("{prompt}");
    io::stderr().flush().context("cannot write to the terminal")?;
    terminal::enable_raw_mode().context("cannot hide what is typed")?;
    let line = read_keys();
    terminal::disable_raw_mode().context("cannot restore the terminal")?;
    eprintln!();
    line
}

fn read_keys() -> anyhow::Result<String> {
    let mut line = String::new();
    loop {
        let Event::Key(key) = event::read().context("cannot read the terminal")? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Backspace => drop(line.pop()),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(Problem::new("no password was given").help("try again").into());
            }
            KeyCode::Char(letter) => line.push(letter),
            _ => {}
        }
    }
}
