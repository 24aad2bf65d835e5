//! Downloads from a server of our own that plays the hub.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use super::{Progress, digest, fetch};
use crate::{
    Error,
    catalogue::{self, Entry},
};

/// What the server does with one request.
#[derive(Clone)]
enum Answer {
    /// The hub's answer: the digest, and a redirect to the storage.
    Redirect { etag: String, size: usize },
    /// The bytes from the asked-for place on, cut off after so many.
    Bytes { bytes: Vec<u8>, cut_after: Option<usize> },
    /// Nothing but a status.
    Status(u16),
}

/// A server with answers by path, each used up in turn, the last one for ever.
struct Server {
    endpoint: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answers: HashMap<String, Vec<Answer>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let requests = Arc::clone(&seen);
        thread::spawn(move || {
            let mut answers = answers;
            for stream in listener.incoming().flatten() {
                serve(stream, &mut answers, &requests);
            }
        });
        Server { endpoint, seen }
    }

    /// `METHOD PATH RANGE` of every request so far.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("not poisoned").clone()
    }
}

fn serve(
    mut stream: TcpStream,
    answers: &mut HashMap<String, Vec<Answer>>,
    seen: &Mutex<Vec<String>>,
) {
    let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
    let first = lines.next().expect("a request").expect("readable");
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
    let headers = lines.map_while(Result::ok).take_while(|it| !it.is_empty());
    let range = headers
        .filter_map(|it| it.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned))
        .last();
    let start: usize =
        range.as_deref().map_or(0, |it| it.trim_end_matches('-').parse().expect("an open range"));
    seen.lock().expect("not poisoned").push(format!("{method} {path} {start}"));

    let key = if method == "HEAD" { format!("HEAD {path}") } else { path };
    let answer = match answers.get_mut(&key) {
        Some(queue) if 1 < queue.len() => queue.remove(0),
        Some(queue) => queue[0].clone(),
        None => Answer::Status(404),
    };
    let reply = match answer {
        Answer::Status(status) => format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n"),
        Answer::Redirect { etag, size } => format!(
            "HTTP/1.1 302 Found\r\nLocation: /storage\r\nContent-Length: 0\r\nX-Linked-Size: \
             {size}\r\nX-Linked-Etag: \"{etag}\"\r\n"
        ),
        Answer::Bytes { bytes, cut_after } => {
            let status = if start == 0 { "200 OK" } else { "206 Partial Content" };
            let rest = &bytes[start.min(bytes.len())..];
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", rest.len());
            let sent = &rest[..cut_after.unwrap_or(rest.len()).min(rest.len())];
            let _ = write!(stream, "{head}Connection: close\r\n\r\n");
            if method != "HEAD" {
                let _ = stream.write_all(sent);
            }
            return;
        }
    };
    let _ = write!(stream, "{reply}Connection: close\r\n\r\n");
}

const FILE: &str = "/Xenova/dinov2-small/resolve/main/onnx/model.onnx";

fn entry() -> Entry {
    let models = catalogue::built_in();
    models.into_iter().find(|it| it.name == "dinov2-small").expect("in the catalogue")
}

fn weights() -> Vec<u8> {
    (0..300_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bytes");
    std::fs::write(&path, bytes).expect("written");
    digest(&path).expect("readable")
}

/// A server whose hub states `etag` and whose storage gives `storage` in turn.
fn hub(etag: &str, storage: Vec<Answer>) -> Server {
    let redirect = Answer::Redirect { etag: etag.to_owned(), size: weights().len() };
    Server::start(HashMap::from([
        (format!("HEAD {FILE}"), vec![redirect.clone()]),
        (FILE.to_owned(), vec![redirect]),
        ("/storage".to_owned(), storage),
    ]))
}

fn whole() -> Answer {
    Answer::Bytes { bytes: weights(), cut_after: None }
}

fn fetch_into(folder: &Path, endpoint: &str) -> Result<Vec<u64>, Error> {
    let mut sizes = Vec::new();
    let mut progress = |it: &Progress<'_>| sizes.push(it.size_done);
    fetch(&entry(), endpoint, folder, &mut progress).map(|()| sizes)
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_fetched_over_the_redirect_and_its_digest_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = hub(&sha256(&weights()), vec![whole()]);
    let sizes = fetch_into(folder.path(), &server.endpoint).expect("fetched");
    assert_eq!(sizes.last(), Some(&(weights().len() as u64)));
    assert!(sizes.is_sorted());
    assert_eq!(std::fs::read(folder.path().join("model.onnx")).expect("there"), weights());
    assert_eq!(names_in(folder.path()), ["model.onnx", "model.onnx.sha256"]);
    let record = std::fs::read_to_string(folder.path().join("model.onnx.sha256")).expect("kept");
    assert!(record.starts_with(&sha256(&weights())));

    let n_requests = server.seen().len();
    fetch_into(folder.path(), &server.endpoint).expect("already there");
    assert_eq!(server.seen().len(), n_requests);
}

#[test]
fn a_cut_download_resumes_where_it_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Answer::Bytes { bytes: weights(), cut_after: Some(100_000) };
    let server = hub(&sha256(&weights()), vec![cut.clone(), cut, whole()]);
    fetch_into(folder.path(), &server.endpoint).expect("fetched");
    assert_eq!(std::fs::read(folder.path().join("model.onnx")).expect("there"), weights());
    let storage: Vec<String> =
        server.seen().into_iter().filter(|it| it.contains("storage")).collect();
    assert_eq!(storage, ["GET /storage 0", "GET /storage 100000", "GET /storage 200000"]);
}

#[test]
fn another_try_resumes_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Answer::Bytes { bytes: weights(), cut_after: Some(150_000) };
    let broken =
        hub(&sha256(&weights()), vec![cut, Answer::Bytes { bytes: weights(), cut_after: Some(0) }]);
    let failed = fetch_into(folder.path(), &broken.endpoint).expect_err("it always breaks");
    assert!(failed.to_string().contains("run it again"), "{failed}");
    assert!(!folder.path().join("model.onnx").exists());

    let server = hub(&sha256(&weights()), vec![whole()]);
    fetch_into(folder.path(), &server.endpoint).expect("fetched");
    assert_eq!(std::fs::read(folder.path().join("model.onnx")).expect("there"), weights());
    assert!(server.seen().contains(&"GET /storage 150000".to_owned()), "{:?}", server.seen());
}

#[test]
fn a_file_with_another_digest_is_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = hub(&sha256(b"something else"), vec![whole()]);
    let failed = fetch_into(folder.path(), &server.endpoint).expect_err("wrong");
    assert!(matches!(failed, Error::WrongDigest { .. }), "{failed}");
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn a_digest_in_the_catalogue_counts_more_than_the_hubs() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = hub(&sha256(&weights()), vec![whole()]);
    let mut entry = entry();
    entry.hub.as_mut().expect("on the hub").sha256 = Some(sha256(b"what was pinned"));
    let failed = fetch(&entry, &server.endpoint, folder.path(), &mut |_| ()).expect_err("wrong");
    assert!(matches!(failed, Error::WrongDigest { .. }), "{failed}");
}

#[test]
fn a_missing_or_guarded_file_says_what_to_do() {
    for (status, help) in [(404, "has moved"), (403, "agree to terms"), (503, "try again later")] {
        let folder = tempfile::tempdir().expect("a folder");
        let answers = HashMap::from([(format!("HEAD {FILE}"), vec![Answer::Status(status)])]);
        let server = Server::start(answers);
        let failed = fetch_into(folder.path(), &server.endpoint).expect_err("refused").to_string();
        assert!(failed.contains(help) && failed.contains(&status.to_string()), "{failed}");
    }
}

#[test]
fn a_mirror_may_have_a_path_and_no_redirect() {
    let folder = tempfile::tempdir().expect("a folder");
    let (head, get) = (format!("HEAD /hf{FILE}"), format!("/hf{FILE}"));
    let server = Server::start(HashMap::from([(head, vec![whole()]), (get, vec![whole()])]));
    fetch_into(folder.path(), &format!("{}/hf/", server.endpoint)).expect("fetched");
    assert_eq!(std::fs::read(folder.path().join("model.onnx")).expect("there"), weights());
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let failed = fetch_into(folder.path(), &format!("http://{free}")).expect_err("nobody");
    assert!(matches!(failed, Error::Download { .. }), "{failed}");
}
