//! A server in a folder of its own, and requests to it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use annota::http::{App, Config, Here, router};
use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// How this server is called.
pub(crate) const HOST: &str = "127.0.0.1:8700";
/// Largest body of a request, small enough to be exceeded quickly.
pub(crate) const MOST_BODY: usize = 100_000;
/// Largest file of an upload.
pub(crate) const MOST_UPLOAD: u64 = 200_000;

pub(crate) struct Server {
    folder: TempDir,
    runtime: Runtime,
    pub(crate) app: Arc<App>,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().expect("text"))
    }

    /// The status and, of a refusal, its code.
    pub(crate) fn outcome(&self) -> (u16, String) {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        (self.status.as_u16(), body["code"].as_str().unwrap_or("").to_owned())
    }

    pub(crate) fn expect(self, status: u16) -> Reply {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

impl Server {
    pub(crate) fn new() -> Server {
        Server::on(tempfile::tempdir().expect("a folder"), "127.0.0.1")
    }

    /// A server of `folder` that listens on `address`.
    pub(crate) fn on(folder: TempDir, address: &str) -> Server {
        let address = address.parse().expect("an address");
        let config = Config {
            here: Here { address, port: 8700, hosts: Vec::new() },
            local_user: "mia".to_owned(),
            most_body: MOST_BODY,
            most_upload: MOST_UPLOAD,
        };
        let app = App::open(folder.path(), config).expect("opens");
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().expect("threads");
        let router = router(Arc::clone(&app));
        Server { folder, runtime, app, router }
    }

    /// The server ended and started anew on the same folder.
    pub(crate) fn restarted(mut self) -> Server {
        let other = tempfile::tempdir().expect("a folder");
        let folder = std::mem::replace(&mut self.folder, other);
        drop(self);
        Server::on(folder, "127.0.0.1")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Asking<'_> {
        let method: Method = method.parse().expect("a method");
        let headers = HeaderMap::new();
        let asking = Asking { server: self, method, path: path.to_owned(), headers, body: vec![] };
        asking.header("host", HOST)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send()
    }

    pub(crate) fn post(&self, path: &str, json: Value) -> Reply {
        self.request("POST", path).json(json).send()
    }

    /// Listens to the project `p`.
    pub(crate) fn events(&self, p: &str) -> Events<'_> {
        let path = format!("/api/projects/{p}/events");
        let request = Request::get(&path).header("host", HOST).body(Body::empty());
        let router = self.router.clone();
        let response = self.runtime.block_on(async {
            router.oneshot(request.expect("a request")).await.expect("infallible")
        });
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let stream = response.into_body().into_data_stream();
        Events { server: self, stream, heard: String::new() }
    }

    /// Makes a project with `classes`, and gives its id.
    pub(crate) fn make(&self, name: &str, classes: &[&str]) -> String {
        let made = self.post("/api/projects", json!({ "name": name, "classes": classes }));
        made.expect(201).json()["id"].as_str().expect("an id").to_owned()
    }

    /// Uploads and imports `files` into `p`, and waits until people can label.
    pub(crate) fn fill(&self, p: &str, files: &[(&str, &[u8])]) -> Value {
        let mut events = self.events(p);
        let uploads = format!("/api/projects/{p}/uploads?upload=u-1");
        self.request("POST", &uploads).files(files).send().expect(200);
        let import = format!("/api/projects/{p}/import");
        self.post(&import, json!({ "upload": "u-1" })).expect(202);
        events.wait_for("phase", |it| it["phase"] == "training");
        self.get(&import).expect(200).json()
    }
}

/// Ends projects as the program does: engines must not be dropped by threads
/// that serve connections.
impl Drop for Server {
    fn drop(&mut self) {
        self.app.close();
        self.app.close_projects();
    }
}

/// What happens in a project, as its page hears it.
pub(crate) struct Events<'a> {
    server: &'a Server,
    stream: BodyDataStream,
    heard: String,
}

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

impl Events<'_> {
    /// The next event: its name and data.
    pub(crate) fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.heard.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|it| it.strip_prefix(name))
                        .map(|it| it.trim().to_owned())
                };
                let told = field("event:").zip(field("data:"));
                self.heard = rest.to_owned();
                if let Some((name, data)) = told {
                    return (name, serde_json::from_str(&data).expect("JSON"));
                }
                continue;
            }
            let chunk = self.server.runtime.block_on(async {
                tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something happens")
            });
            let chunk = chunk.expect("the stream goes on").expect("readable");
            self.heard += std::str::from_utf8(&chunk).expect("text");
        }
    }

    /// Passes over events until one of them is called `name` and fits.
    pub(crate) fn wait_for(&mut self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (heard, data) = self.next();
            assert_ne!(heard, "problem", "{data}");
            if heard == name && fits(&data) {
                return data;
            }
        }
    }
}

/// A request that is being put together.
pub(crate) struct Asking<'a> {
    server: &'a Server,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Asking<'_> {
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a value"));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.headers.insert(header::CONTENT_TYPE, kind.parse().expect("a kind"));
        self
    }

    pub(crate) fn json(self, json: Value) -> Self {
        self.body("application/json", json.to_string())
    }

    /// Files as a browser's form sends them.
    pub(crate) fn files(self, files: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (name, bytes) in files {
            let head = format!(
                "--cut\r\nContent-Disposition: form-data; name=\"files\"; \
                 filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.into_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--cut--\r\n");
        self.body("multipart/form-data; boundary=cut", body)
    }

    pub(crate) fn send(self) -> Reply {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        *request.headers_mut().expect("a request") = self.headers;
        let request = request.body(Body::from(self.body)).expect("a request");
        let router = self.server.router.clone();
        self.server.runtime.block_on(async {
            let response = router.oneshot(request).await.expect("infallible");
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
            Reply { status: parts.status, headers: parts.headers, body }
        })
    }
}
