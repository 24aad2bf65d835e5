//! `annota serve`, as a process of its own.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{Failure, shown};

/// Killed when dropped.
pub(crate) struct Server {
    child: Child,
    annota: PathBuf,
    project: PathBuf,
    /// Without a slash at the end.
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(annota: &Path, project: &Path) -> Result<Server, Failure> {
        let mut command = Command::new(annota);
        command.arg("serve").arg(project).args(["--port", "0", "--no-open", "--quiet"]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut told = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut told)?;
        let url = told.trim().trim_end_matches('/').to_owned();
        if !url.starts_with("http") {
            return Err(format!("`annota serve` says `{told}` about {}", shown(project)).into());
        }
        Ok(Server { child, annota: annota.to_owned(), project: project.to_owned(), url })
    }

    /// Where the project is reached.
    pub(crate) fn project_url(&self) -> String {
        let name = self.project.file_name().unwrap_or_default().to_string_lossy();
        format!("{}/api/projects/{name}", self.url)
    }

    /// Makes an account; its token.
    pub(crate) fn account(&self, name: &str) -> Result<String, Failure> {
        let user = |words: &[&str]| {
            let mut command = Command::new(&self.annota);
            command.arg("user").args(words).arg("--folder").arg(&self.project);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
            command
        };
        let mut adding = user(&["add", name]).spawn()?;
        adding.stdin.take().expect("piped").write_all(b"correct horse battery\n")?;
        if !adding.wait()?.success() {
            return Err(format!("no account `{name}`").into());
        }
        let output = user(&["token", name]).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The most memory it has held so far.
    pub(crate) fn peak_mib(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        let kib = line.and_then(|it| it.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
        Ok(kib.ok_or("no VmHWM")? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
