//! Fetching a model of the catalogue from the Hugging Face hub or a mirror.
//!
//! What arrives is kept beside its final place until it is complete and its
//! digest is right, so a broken download resumes where it stopped and a file
//! with its proper name is always whole.

use std::{
    env, fs,
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use ureq::{Agent, Body, http::Response};

use crate::{
    Error,
    catalogue::{self, Entry, Hub, ONNX, TOKENIZER},
};

/// The hub, unless `HF_ENDPOINT` names a mirror.
const HUB: &str = "https://huggingface.co";

/// Connections that may break without progress before we give up.
const MAX_FAILURES: u32 = 3;

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Path of the file in its repository.
    pub file: &'a str,
    /// Bytes on this machine.
    pub size_done: u64,
    /// Bytes in all, where the hub says so.
    pub size: Option<u64>,
}

/// Fetches the files of the model called `name`, unless they are here.
///
/// A file without a digest in the catalogue is checked against the one that
/// the hub states, and the digest of what arrived is kept beside it.
///
/// # Errors
///
/// [`Error::Download`] and [`Error::WrongDigest`]; another try resumes.
pub fn pull(name: &str, progress: &mut dyn FnMut(&Progress<'_>)) -> Result<(), Error> {
    let entry = catalogue::find(name)?;
    let endpoint = env::var("HF_ENDPOINT").ok().filter(|it| !it.is_empty());
    let endpoint = endpoint.unwrap_or_else(|| HUB.to_owned());
    fetch(&entry, &endpoint, &catalogue::model_folder(name)?, progress)
}

/// Fetches the files of `entry` from `endpoint` into `folder`.
fn fetch(
    entry: &Entry,
    endpoint: &str,
    folder: &Path,
    progress: &mut dyn FnMut(&Progress<'_>),
) -> Result<(), Error> {
    let Some(hub) = &entry.hub else {
        return Ok(());
    };
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    // The graph comes last: where it is, the model is complete.
    let tokenizer = hub.tokenizer.as_ref().map(|it| (it, TOKENIZER, None));
    let graph = (&hub.file, ONNX, hub.sha256.as_deref());
    for (file, local, sha256) in tokenizer.into_iter().chain([graph]) {
        let target = folder.join(local);
        if !target.is_file() {
            let url = address(endpoint, hub, file);
            let download = Download { url, file, target, agent: agent(endpoint) };
            download.run(sha256, progress)?;
        }
    }
    Ok(())
}

fn address(endpoint: &str, hub: &Hub, file: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    format!("{endpoint}/{}/resolve/{}/{file}", hub.repo, hub.revision)
}

fn agent(endpoint: &str) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .timeout_per_read(Some(Duration::from_mins(1)));
    // A proxy is of no use on the way to this machine itself.
    let is_local = endpoint.starts_with("http://127.0.0.1");
    let config = if is_local { config.proxy(None) } else { config };
    config.build().into()
}

/// One file on its way.
struct Download<'a> {
    url: String,
    file: &'a str,
    target: PathBuf,
    agent: Agent,
}

/// What the hub says about a file.
#[derive(Default)]
struct Stated {
    sha256: Option<String>,
    size: Option<u64>,
}

impl Download<'_> {
    fn run(
        &self,
        sha256: Option<&str>,
        progress: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<(), Error> {
        let stated = self.ask()?;
        let expected = sha256.map(str::to_owned).or_else(|| stated.sha256.clone());
        let partial = self.partial(expected.as_deref());
        if expected.is_none() && partial.exists() {
            fs::remove_file(&partial).map_err(Error::io(&partial))?;
        }
        self.receive(&partial, &stated, progress)?;
        let got = digest(&partial)?;
        if let Some(expected) = expected.filter(|it| *it != got) {
            fs::remove_file(&partial).map_err(Error::io(&partial))?;
            return Err(Error::WrongDigest { url: self.url.clone(), expected, got });
        }
        let record = self.target.with_added_extension("sha256");
        fs::write(&record, format!("{got}  {}\n", self.url)).map_err(Error::io(&record))?;
        fs::rename(&partial, &self.target).map_err(Error::io(&self.target))
    }

    /// Where the file grows. The digest is in the name, so that what is left of
    /// one revision is never continued with bytes of another; without a digest
    /// nothing is continued that was begun by another call.
    fn partial(&self, expected: Option<&str>) -> PathBuf {
        let digest = expected.map_or("unpinned", |it| it.get(..16).unwrap_or(it));
        self.target.with_added_extension(format!("{digest}.partial"))
    }

    /// Asks for size and digest without following the way to the storage: only
    /// the hub's own answer carries the digest.
    fn ask(&self) -> Result<Stated, Error> {
        let head = self.agent.head(&self.url).config().max_redirects(0);
        let head = head.max_redirects_will_error(false).build();
        let response = head.call().map_err(|e| self.failed(&e.to_string()))?;
        if response.status().as_u16() >= 400 {
            return Err(self.refused(&response));
        }
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let is_sha256 = |it: &String| it.len() == 64 && it.chars().all(|c| c.is_ascii_hexdigit());
        let etag = header("x-linked-etag").or_else(|| header("etag"));
        let etag =
            etag.map(|it| it.trim_start_matches("W/").trim_matches('"').to_ascii_lowercase());
        let size = header("x-linked-size").or_else(|| match response.status().is_success() {
            true => header("content-length"),
            false => None,
        });
        Ok(Stated { sha256: etag.filter(is_sha256), size: size.and_then(|it| it.parse().ok()) })
    }

    /// Receives the file, resuming whenever the connection breaks.
    fn receive(
        &self,
        partial: &Path,
        stated: &Stated,
        progress: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<(), Error> {
        let mut failures = 0;
        loop {
            let before = size_of(partial);
            match self.receive_some(partial, stated, progress) {
                Ok(()) => return Ok(()),
                Err(e @ Error::Io { .. }) => return Err(e),
                Err(e) => {
                    failures = if before < size_of(partial) { 0 } else { failures + 1 };
                    let is_final = matches!(&e, Error::Download { reason, .. }
                        if reason.starts_with("status"));
                    if is_final || failures == MAX_FAILURES {
                        return Err(e);
                    }
                }
            }
        }
    }

    fn receive_some(
        &self,
        partial: &Path,
        stated: &Stated,
        progress: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<(), Error> {
        let done = size_of(partial);
        if 0 < done && stated.size == Some(done) {
            return Ok(());
        }
        let mut request = self.agent.get(&self.url);
        if 0 < done {
            request = request.header("Range", format!("bytes={done}-"));
        }
        let response = request.call().map_err(|e| self.failed(&e.to_string()))?;
        let is_resumed = response.status().as_u16() == 206;
        if !response.status().is_success() {
            // 416: what is here is not the start of what is there.
            if response.status().as_u16() == 416 {
                fs::remove_file(partial).map_err(Error::io(partial))?;
                return Err(self.failed("what had arrived does not fit"));
            }
            return Err(self.refused(&response));
        }
        let start = if is_resumed { done } else { 0 };
        let size = stated.size.or_else(|| response.body().content_length().map(|it| it + start));
        let mut out = OpenOptions::new();
        let out = out.create(true).append(is_resumed).write(true).truncate(!is_resumed);
        let mut out = out.open(partial).map_err(Error::io(partial))?;
        let mut report = |done| progress(&Progress { file: self.file, size_done: done, size });
        let received = self.copy(response, &mut out, start, partial, &mut report)?;
        match size {
            Some(size) if received < size => {
                Err(self.failed(&format!("it broke off after {received} of {size} bytes")))
            }
            _ => out.sync_all().map_err(Error::io(partial)),
        }
    }

    fn copy(
        &self,
        response: Response<Body>,
        out: &mut File,
        start: u64,
        partial: &Path,
        report: &mut dyn FnMut(u64),
    ) -> Result<u64, Error> {
        let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        let mut done = start;
        loop {
            let len = body.read(&mut buffer).map_err(|e| self.failed(&e.to_string()))?;
            if len == 0 {
                return Ok(done);
            }
            out.write_all(&buffer[..len]).map_err(Error::io(partial))?;
            done += len as u64;
            report(done);
        }
    }

    fn failed(&self, reason: &str) -> Error {
        Error::Download {
            url: self.url.clone(),
            reason: reason.to_owned(),
            help: "run it again, it resumes; a mirror can be named with `HF_ENDPOINT`".to_owned(),
        }
    }

    fn refused(&self, response: &Response<Body>) -> Error {
        let status = response.status();
        let help = match status.as_u16() {
            401 | 403 => {
                "its owner wants you to agree to terms first: fetch it by hand, then \
                 `annota models add`"
            }
            404 => {
                "the file has moved, or the mirror does not have it: fetch it by hand, then \
                    `annota models add`"
            }
            _ => "try again later, or another mirror with `HF_ENDPOINT`",
        };
        let reason = format!("status {status}");
        Error::Download { url: self.url.clone(), reason, help: help.to_owned() }
    }
}

fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |it| it.len())
}

/// sha256 of a file, in hexadecimal digits.
fn digest(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let len = file.read(&mut buffer).map_err(Error::io(path))?;
        if len == 0 {
            return Ok(format!("{:x}", hasher.finalize()));
        }
        hasher.update(&buffer[..len]);
    }
}

#[cfg(test)]
mod tests;
