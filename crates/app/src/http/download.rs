//! Files as attachments: streamed, never shown by a browser, whatever is in them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use annota_engine::Error;
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::{fs::File, io::AsyncReadExt};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Bytes sent at once.
const CHUNK: usize = 1 << 16;
/// Ends of names of files that are compressed already.
const COMPRESSED: [&str; 7] = ["jpg", "jpeg", "png", "webp", "gif", "parquet", "zip"];

/// A folder that is removed when nobody needs it any more.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    /// A new folder in `parent`.
    pub(crate) fn new(parent: &Path) -> Result<Temporary, Error> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(|error| {
            let source = io::Error::other(error.to_string());
            Error::File { doing: "name", path: parent.to_owned(), source }
        })?;
        let folder = parent.join(format!(".download-{:016x}", u64::from_ne_bytes(name)));
        fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
        Ok(Temporary(folder))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "cannot remove a download");
        }
    }
}

/// The file at `path` as an attachment called `name`; `kept` lives as long as
/// it is being sent.
pub(crate) async fn attachment(
    path: &Path,
    name: &str,
    media_type: &'static str,
    kept: Option<Temporary>,
) -> Result<Response, Error> {
    let file = File::open(path).await.map_err(Error::file("read", path))?;
    let size = file.metadata().await.map_err(Error::file("read", path))?.len();
    let chunks = stream::try_unfold((file, kept), async |(mut file, kept)| {
        let mut chunk = vec![0; CHUNK];
        let n = file.read(&mut chunk).await?;
        chunk.truncate(n);
        let next = (0 < n).then(|| (Bytes::from(chunk), (file, kept)));
        Ok::<_, io::Error>(next)
    });
    let mut response = inert(Body::from_stream(chunks), name, media_type);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    Ok(response)
}

/// `body` as an attachment that no browser runs or shows in our name.
pub(crate) fn inert(body: impl Into<Body>, name: &str, media_type: &'static str) -> Response {
    let mut response = body.into().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let named = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{}", quoted(name)));
    headers.insert(header::CONTENT_DISPOSITION, named.expect("percent signs and ASCII"));
    let policy = HeaderValue::from_static("sandbox; default-src 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// `name` without folders, for a header.
fn quoted(name: &str) -> String {
    percent_encoded(name.rsplit(['/', '\\']).next().unwrap_or(name))
}

/// `text` for an address or a header: letters and digits as they are, the rest
/// as percent codes.
pub(crate) fn percent_encoded(text: &str) -> String {
    let quote = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(quote).collect()
}

/// Writes every file of `folder` into the archive at `path`.
pub(crate) fn zip(folder: &Path, path: &Path) -> Result<(), Error> {
    let file = fs::File::create(path).map_err(Error::file("write", path))?;
    let mut archive = ZipWriter::new(file);
    add_folder(&mut archive, folder, folder)?;
    archive.finish().map_err(|error| cannot_zip(path, error.into()))?;
    Ok(())
}

fn add_folder(archive: &mut ZipWriter<fs::File>, root: &Path, folder: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|it| it.map(|it| it.path())).collect();
    let mut paths = paths.map_err(Error::file("read", folder))?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_folder(archive, root, &path)?;
            continue;
        }
        let name = path.strip_prefix(root).expect("it was found in there");
        let name = name.iter().map(|it| it.to_string_lossy()).collect::<Vec<_>>().join("/");
        let end = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let method = match COMPRESSED.contains(&end.as_str()) {
            true => CompressionMethod::Stored,
            false => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().compression_method(method).large_file(true);
        archive.start_file(name, options).map_err(|error| cannot_zip(&path, error.into()))?;
        let mut file = fs::File::open(&path).map_err(Error::file("read", &path))?;
        io::copy(&mut file, archive).map_err(Error::file("pack", &path))?;
    }
    Ok(())
}

fn cannot_zip(path: &Path, source: io::Error) -> Error {
    Error::File { doing: "pack", path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read};

    use super::{quoted, zip};

    #[test]
    fn a_name_cannot_end_its_header() {
        assert_eq!(quoted("labels 猫.csv"), "labels%20%E7%8C%AB.csv");
        assert_eq!(quoted("a\"; filename=b\r\nx: y"), "a%22%3B%20filename%3Db%0D%0Ax%3A%20y");
        assert_eq!(quoted("../../etc/passwd"), "passwd");
    }

    #[test]
    fn an_archive_holds_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("out");
        fs::create_dir_all(root.join("cat")).expect("made");
        fs::write(root.join("cat/1.jpg"), [7; 1_000]).expect("written");
        fs::write(root.join("README.md"), "words ".repeat(100)).expect("written");
        let path = folder.path().join("out.zip");
        zip(&root, &path).expect("written");
        let file = fs::File::open(&path).expect("there");
        let mut archive = zip::ZipArchive::new(file).expect("an archive");
        assert_eq!(archive.len(), 2);
        let mut name =
            |at| archive.by_index(at).expect("there").name().expect("UTF-8").into_owned();
        let names: Vec<String> = (0..2).map(&mut name).collect();
        assert_eq!(names, ["README.md", "cat/1.jpg"]);
        let mut text = String::new();
        archive.by_name("README.md").expect("there").read_to_string(&mut text).expect("read");
        assert_eq!(text, "words ".repeat(100));
    }
}
