//! `annota serve`.

use std::{
    io::{self, IsTerminal, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    http::{self, App, Config, Here},
    interrupt,
    problem::Problem,
    report::Report,
    session::{Finish, Session},
};

/// Open the page where people label.
///
/// Serves a project, or every project of a folder, until Ctrl-C. On this machine
/// alone nobody has to log in, until `annota user add` has made an account; at
/// any other address there must be an account first. The log goes to standard
/// error; `ANNOTA_LOG=info` or `debug` tells more at a terminal.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// A project, or a folder that holds projects [default: the project at or above the current
    /// folder, else the current folder]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    listen: ListenArgs,
    /// Open the page in the browser, even if this is not a terminal
    #[arg(long, conflicts_with = "no_open", help_heading = "The page")]
    open: bool,
}

/// Where the page is, and who opens it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The page")]
pub(crate) struct ListenArgs {
    /// Address to listen on; any but this machine's own asks for an account
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    address: IpAddr,
    /// Port to listen on; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8700)]
    port: u16,
    /// A further name of this server, as browsers call it, such as behind a proxy
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_host: Vec<String>,
    /// Do not open the page in the browser
    #[arg(long)]
    no_open: bool,
}

/// Largest body of a request that is not an upload: a thousand annotations
/// take a tenth of it.
const MOST_BODY: usize = 2 << 20;
/// Largest file of an upload.
const MOST_UPLOAD: u64 = 8 << 30;
/// How often Ctrl-C is looked for.
const POLL: Duration = Duration::from_millis(100);
/// How long answers that are being written, and learners, are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Serving {
    url: String,
    folder: PathBuf,
}

impl Report for Serving {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.url)
    }
}

pub(crate) fn run(args: &ServeArgs, session: &Session) -> anyhow::Result<Finish> {
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => served_folder(session)?,
    };
    let opens = args.open || opens_by_itself(&args.listen);
    serve(&folder, &args.listen, opens.then_some(""), session)
}

/// The folder that is served unless one is named: the project that is named,
/// or at or above the current folder, or else the current folder.
pub(crate) fn served_folder(session: &Session) -> anyhow::Result<PathBuf> {
    match session.project_folder() {
        Ok(folder) => Ok(folder),
        Err(_) => std::env::current_dir().context("cannot tell the current folder"),
    }
}

/// Serves `folder` until Ctrl-C, and opens this place of the page.
pub(crate) fn serve(
    folder: &Path,
    args: &ListenArgs,
    place: Option<&str>,
    session: &Session,
) -> anyhow::Result<Finish> {
    if !folder.is_dir() {
        return Err(Problem::new(format!("not a folder: `{}`", folder.display()))
            .help("name a project, or a folder that holds projects")
            .into());
    }
    start_log(session);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_all().build().context("cannot start threads")?;
    let (listener, address) = runtime.block_on(listen(args))?;
    let app = open(folder, args, address)?;
    let ahead = Arc::clone(&app);
    runtime.spawn_blocking(move || ahead.open_ahead());
    let url = format!("http://{}/", shown(address));
    session.print(&Serving { url: url.clone(), folder: folder.to_owned() })?;
    if let Some(place) = place {
        open_page(&format!("{url}{place}"), session);
    }
    let served = runtime.block_on(until_stopped(listener, Arc::clone(&app)));
    // Requests that nobody waits for any more are given up.
    runtime.shutdown_timeout(PATIENCE);
    close(app, session);
    served.context("the server failed")?;
    Ok(Finish::Done)
}

/// Lets the learners come to a clean point. One that is preparing a very large
/// pool takes too long for that, and loses nothing by being cut off.
fn close(app: Arc<App>, session: &Session) {
    let (closed, is_closed) = mpsc::channel();
    thread::spawn(move || {
        app.close_projects();
        // Nobody listens any more if it took too long.
        let _ = closed.send(());
    });
    if is_closed.recv_timeout(PATIENCE).is_err() {
        session.warn("stopped while learning; every answer is stored");
    }
}

async fn listen(args: &ListenArgs) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let address = SocketAddr::new(args.address, args.port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let help = match error.kind() {
            io::ErrorKind::AddrInUse => "name another with `--port`, or `--port 0` for any",
            io::ErrorKind::PermissionDenied => "name a port above 1023 with `--port`",
            _ => "name an address of this machine with `--address`",
        };
        Problem::new(format!("cannot listen on {address}: {error}")).help(help)
    })?;
    let address = listener.local_addr().context("cannot tell the port")?;
    Ok((listener, address))
}

fn open(folder: &Path, args: &ListenArgs, address: SocketAddr) -> anyhow::Result<Arc<App>> {
    let hosts = args.allow_host.iter().map(|it| it.to_ascii_lowercase()).collect();
    let here = Here { address: address.ip(), port: address.port(), hosts };
    let config =
        Config { here, local_user: local_user(), most_body: MOST_BODY, most_upload: MOST_UPLOAD };
    let app = App::open(folder, config)?;
    if !address.ip().is_loopback() && !app.has_users()? {
        return Err(Problem::new(format!("nobody has an account, so {address} is not served"))
            .help("make one with `annota user add NAME`, or listen on 127.0.0.1")
            .into());
    }
    Ok(app)
}

/// An address that a browser on this machine can open.
fn shown(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("localhost:{}", address.port()),
        false => address.to_string(),
    }
}

async fn until_stopped(listener: TcpListener, app: Arc<App>) -> anyhow::Result<()> {
    let stop = async {
        while !interrupt::requested() {
            tokio::time::sleep(POLL).await;
        }
    };
    let patience = async {
        while !interrupt::requested() {
            tokio::time::sleep(POLL).await;
        }
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        served = http::serve(listener, app, stop) => Ok(served?),
        () = patience => Ok(()),
    }
}

/// The name under which somebody without an account answers.
pub(crate) fn local_user() -> String {
    let names = ["USER", "USERNAME", "LOGNAME"].iter().filter_map(|it| std::env::var(it).ok());
    names.into_iter().find(|it| !it.trim().is_empty()).unwrap_or_else(|| "local".to_owned())
}

/// Starts the log on stderr, once in a process. A service's log has every
/// request; at a terminal they would bury the address. `ANNOTA_LOG` names
/// another level.
fn start_log(session: &Session) {
    let named = std::env::var("ANNOTA_LOG").ok().and_then(|it| it.parse().ok());
    let usual = match (session.is_quiet(), io::stderr().is_terminal()) {
        (true, _) => LevelFilter::ERROR,
        (false, true) => LevelFilter::WARN,
        (false, false) => LevelFilter::INFO,
    };
    let ours = named.unwrap_or(usual);
    let others = ours.min(LevelFilter::WARN);
    let log = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(ours)
        .finish()
        .with(Targets::new().with_default(others).with_target("annota", ours));
    // Tests of several servers in one process keep the first log.
    let _ = log.try_init();
}

/// Whether the page is opened without being asked for.
pub(crate) fn opens_by_itself(args: &ListenArgs) -> bool {
    !args.no_open && io::stdout().is_terminal() && has_screen()
}

/// Whether there is a screen to open a browser on.
fn has_screen() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|it| std::env::var_os(it).is_some())
}

fn open_page(url: &str, session: &Session) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let started = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = started {
        session.warn(&format!(
            "cannot open the browser with `{program}`: {error}\n  help: open {url}"
        ));
    }
}
