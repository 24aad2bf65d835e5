//! `/api/projects/{p}/export`: the labels in the formats of the field.

use std::sync::Arc;

use annota_core::format::export::ExportFormat;
use annota_engine::{
    Unwatched,
    export::{Destination, export},
    live::Live,
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, download, download::Temporary, error::ApiError, open};

/// A format that labels can be had in.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct ListedFormat {
    /// As in the address.
    format: &'static str,
    name: &'static str,
    summary: &'static str,
    media_type: &'static str,
}

/// What is written, and what the file is called.
struct Written {
    listed: ListedFormat,
    destination: Destination,
    file: &'static str,
}

const ZIP: &str = "application/zip";

const FORMATS: [Written; 6] = [
    Written {
        listed: ListedFormat {
            format: "csv",
            name: "CSV",
            summary: "one line an item: id, text or image, label, origin, confidence",
            media_type: "text/csv; charset=utf-8",
        },
        destination: Destination::File(ExportFormat::Csv),
        file: "labels.csv",
    },
    Written {
        listed: ListedFormat {
            format: "jsonl",
            name: "JSON Lines",
            summary: "one JSON object a line, with all annotations and predictions",
            media_type: "application/x-ndjson",
        },
        destination: Destination::File(ExportFormat::Jsonl),
        file: "labels.jsonl",
    },
    Written {
        listed: ListedFormat {
            format: "parquet",
            name: "Apache Parquet",
            summary: "a table for data frames and databases",
            media_type: "application/vnd.apache.parquet",
        },
        destination: Destination::File(ExportFormat::Parquet),
        file: "labels.parquet",
    },
    Written {
        listed: ListedFormat {
            format: "label-studio",
            name: "Label Studio",
            summary: "its JSON, annotations and predictions apart",
            media_type: "application/json",
        },
        destination: Destination::File(ExportFormat::LabelStudio),
        file: "label-studio.json",
    },
    Written {
        listed: ListedFormat {
            format: "hugging-face",
            name: "Hugging Face",
            summary: "a folder that `datasets` loads, with a data-set card",
            media_type: ZIP,
        },
        destination: Destination::HuggingFace,
        file: "hugging-face.zip",
    },
    Written {
        listed: ListedFormat {
            format: "folders",
            name: "Class folders",
            summary: "a folder a class, with copies of the files",
            media_type: ZIP,
        },
        destination: Destination::ClassFolderCopies,
        file: "folders.zip",
    },
];

/// The formats that labels can be had in.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/export",
    responses((status = OK, body = Vec<ListedFormat>))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Json<Vec<ListedFormat>>, ApiError> {
    // An unknown project has no formats.
    open::with(&app, &p, |_| Ok(())).await?;
    Ok(Json(FORMATS.iter().map(|it| it.listed).collect()))
}

/// The labels, in a file; a folder comes as an archive.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/export/{format}",
    responses((status = OK, content_type = "application/octet-stream"))
)]
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    Path((p, format)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let wanted = FORMATS.iter().find(|it| it.listed.format == format).ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().map(|it| it.listed.format).collect();
        ApiError::not_found(format!("no format is called `{}`", format.escape_default()))
            .help(format!("there are: {}", names.join(", ")))
    })?;
    let temporary = open::with(&app, &p, move |live| write(live, wanted)).await?;
    let path = temporary.folder().join(wanted.file);
    let name = format!("{p}-{}", wanted.file);
    let media_type = wanted.listed.media_type;
    Ok(download::attachment(&path, &name, media_type, Some(temporary)).await?)
}

fn write(live: &Live, wanted: &Written) -> Result<Temporary, ApiError> {
    let temporary = Temporary::new(&live.project().exports_folder())?;
    let path = temporary.folder().join(wanted.file);
    if wanted.listed.media_type != ZIP {
        export(live.project(), wanted.destination, &path, &Unwatched)?;
        return Ok(temporary);
    }
    let folder = temporary.folder().join("labels");
    export(live.project(), wanted.destination, &folder, &Unwatched)?;
    download::zip(&folder, &path)?;
    Ok(temporary)
}
