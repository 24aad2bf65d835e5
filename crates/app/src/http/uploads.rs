//! `POST /api/projects/{p}/uploads`: files on their way into a project.
//!
//! They are written as they come to `uploads/ID` in the project's folder, under
//! the relative path that the browser names, and stay there: pictures are not
//! copied again when they are imported. A path never leaves that folder. What is
//! in a file is not looked at here; `import` does, with its own limits.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use annota_engine::Error;
use axum::{
    Json,
    extract::{
        Multipart, Path as UrlPath, Query, State,
        multipart::{Field, MultipartError},
    },
};
use serde::{Deserialize, Serialize};
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};
use utoipa::{IntoParams, ToSchema};

use super::{App, error::ApiError, projects};

/// Below a project's folder.
const FOLDER: &str = "uploads";
/// Folders above a file, at most.
const MOST_DEPTH: usize = 32;
/// Bytes of one part of a path: file systems take 255.
const MOST_NAME: usize = 240;
/// Characters of an upload's id, at most.
const MOST_ID: usize = 64;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Upload {
    /// Made by the client, such as a UUID; the same one for every batch.
    upload: String,
}

/// How many files of this request are kept now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Received {
    received: u64,
}

/// Files, each under its relative path; many requests may fill one upload.
#[derive(ToSchema)]
#[schema(as = UploadedFiles)]
#[allow(dead_code)] // Only described: the files are read as a stream.
struct Files {
    /// The name of a part is not looked at, its file name is the path.
    #[schema(content_media_type = "application/octet-stream")]
    files: Vec<String>,
}

/// Receives files. The same path again replaces the file: a batch can be sent again.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/uploads",
    params(Upload),
    request_body(content = Files, content_type = "multipart/form-data"),
    responses((status = OK, body = Received))
)]
pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    UrlPath(p): UrlPath<String>,
    Query(query): Query<Upload>,
    mut parts: Multipart,
) -> Result<Json<Received>, ApiError> {
    let folder = folder(&projects::folder(&app, &p).await?, &query.upload)?;
    let mut received = 0;
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let Some(name) = part.file_name() else { continue };
        let path = folder.join(confined(name)?);
        receive_file(part, &path, app.most_upload).await?;
        received += 1;
    }
    Ok(Json(Received { received }))
}

/// Where the files of an upload lie.
pub(crate) fn folder(project: &Path, upload: &str) -> Result<PathBuf, ApiError> {
    let is_fine = (1..=MOST_ID).contains(&upload.len())
        && upload.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    if is_fine {
        return Ok(project.join(FOLDER).join(upload));
    }
    Err(ApiError::invalid(format!("not an upload's id: `{}`", upload.escape_default()))
        .help(format!("use up to {MOST_ID} letters, digits and hyphens, such as a UUID")))
}

/// What to import of an upload: its one file, or the folder with all of them.
pub(crate) fn source(folder: PathBuf) -> Result<PathBuf, Error> {
    let nothing = || {
        Error::input("nothing was uploaded under this id", "send the files first, then import them")
    };
    let entries = std::fs::read_dir(&folder).map_err(|_| nothing())?;
    let entries: io::Result<Vec<PathBuf>> = entries.map(|it| it.map(|it| it.path())).collect();
    let entries = entries.map_err(Error::file("read", &folder))?;
    match &entries[..] {
        [] => Err(nothing()),
        [one] if one.is_file() => Ok(one.clone()),
        _ => Ok(folder),
    }
}

/// The relative path that a browser names, if it stays where it is put.
fn confined(name: &str) -> Result<PathBuf, ApiError> {
    let refused = |reason: &str| {
        Err(ApiError::invalid(format!("cannot keep `{}`: {reason}", name.escape_default()))
            .help("rename it, or leave it out"))
    };
    let parts: Vec<&str> =
        name.split(['/', '\\']).filter(|it| !it.is_empty() && *it != ".").collect();
    if parts.is_empty() {
        return refused("a file without a name");
    }
    if MOST_DEPTH < parts.len() {
        return refused("too many folders in one another");
    }
    for part in &parts {
        if *part == ".." {
            return refused("the path leaves its folder");
        }
        if MOST_NAME < part.len() {
            return refused("the name is too long");
        }
        // A colon names a drive or a stream on some systems.
        if part.chars().any(|it| it.is_control() || it == ':') {
            return refused("a character that names of files cannot have");
        }
    }
    Ok(parts.iter().collect())
}

async fn receive_file(mut part: Field<'_>, path: &Path, most: u64) -> Result<(), ApiError> {
    let parent = path.parent().expect("it lies in the upload's folder");
    fs::create_dir_all(parent).await.map_err(|error| cannot_write(path, error))?;
    let mut name = path.file_name().expect("it has a name").to_owned();
    name.push(".part");
    let unfinished = path.with_file_name(name);
    let written = write_part(&mut part, &unfinished, most).await;
    if let Err(error) = written {
        // What arrived is of no use, and a second failure would say nothing new.
        let _ = fs::remove_file(&unfinished).await;
        return Err(error);
    }
    fs::rename(&unfinished, path).await.map_err(|error| cannot_write(path, error))
}

async fn write_part(part: &mut Field<'_>, path: &Path, most: u64) -> Result<(), ApiError> {
    let mut file = File::create(path).await.map_err(|error| cannot_write(path, error))?;
    let mut size = 0;
    while let Some(bytes) = part.chunk().await.map_err(unreadable)? {
        size += bytes.len() as u64;
        if most < size {
            return Err(ApiError::too_large(format!("a file of more than {most} bytes"))
                .help("import it from the command line, with `annota import`"));
        }
        file.write_all(&bytes).await.map_err(|error| cannot_write(path, error))?;
    }
    file.flush().await.map_err(|error| cannot_write(path, error))
}

fn cannot_write(path: &Path, error: io::Error) -> ApiError {
    if [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded].contains(&error.kind()) {
        return ApiError::too_large("there is no space left for the files")
            .help("make room on the server's disk, then send them again");
    }
    Error::file("write", path)(error).into()
}

fn unreadable(error: MultipartError) -> ApiError {
    ApiError::invalid(format!("the upload cannot be read: {}", error.body_text()))
        .help("send it again")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{confined, folder};

    #[test]
    fn paths_stay_in_their_folder() {
        let path = |name| confined(name).ok();
        assert_eq!(path("a/b c/猫.jpg"), Some(PathBuf::from("a/b c/猫.jpg")));
        assert_eq!(path("./a//b.jpg"), Some(PathBuf::from("a/b.jpg")));
        assert_eq!(path("/etc/passwd"), Some(PathBuf::from("etc/passwd")));
        assert_eq!(path("a\\b.jpg"), Some(PathBuf::from("a/b.jpg")));
        let deep = "a/".repeat(40) + "b.jpg";
        let long = "x".repeat(300);
        for name in [
            "..",
            "../b.jpg",
            "a/../../b.jpg",
            "a\\..\\b.jpg",
            "",
            "/",
            "a\0b",
            "a\nb",
            "C:\\b.jpg",
            "b.jpg:stream",
            &deep,
            &long,
        ] {
            assert_eq!(path(name), None, "{name:?}");
        }
    }

    #[test]
    fn an_upload_is_called_by_letters_and_digits() {
        let project = Path::new("p");
        let id = "0193b2f0-5b7e-7c55-8a53-3f2f3c1d9a10";
        let expected = Path::new("p/uploads").join(id);
        assert_eq!(folder(project, id).ok(), Some(expected));
        for id in ["", "..", "a/b", "a.b", "a\\b", &"a".repeat(65)] {
            assert!(folder(project, id).is_err(), "{id:?}");
        }
    }
}
