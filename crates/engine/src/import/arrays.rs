//! Pictures that come as arrays of pixels (`.npz`, IDX): they are kept as PNG
//! files in the project, so that everything after the import sees files.

use std::{
    fs::{self, File},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{ImageRecord, idx, npz},
    item::{ContentHash, Media},
};
use rayon::prelude::*;

use super::{
    Sink,
    batch::{self, BATCH_LEN, BATCH_SIZE, Hand, Outcome},
    cannot_open, make_parent, stored_path, table,
};
use crate::{
    Error, Watch,
    store::{BeforeWrite, NewItem, Source},
};

/// Imports the file at `path`, called `name` in the project.
pub(super) fn import(
    sink: &mut Sink<'_>,
    path: &Path,
    name: &str,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let project = sink.project;
    let before_write = project.store().before_write();
    let folder = project.folder();
    batch::stream(sink, None, watch, |hand| {
        let keeper = Keeper { folder, name, before_write };
        let mut collector = Collector { keeper, hand, watch, records: Vec::new(), size: 0 };
        read(path, name, &mut |record| collector.take(record))?;
        let _ = collector.flush();
        Ok(())
    })?;
    if watch.interrupted() {
        return Err(Error::Interrupted);
    }
    Ok(())
}

/// Whether a file is called as NumPy calls its archives.
pub(super) fn is_npz(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("npz"))
}

/// A picture, or why there is none at this place.
type Record = Result<ImageRecord, Diagnostic>;

/// Gives every picture in the file to `visit`, until that has enough.
fn read(
    path: &Path,
    name: &str,
    visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<(), Error> {
    let open = |path: &Path| File::open(path).map_err(|it| cannot_open(path, &it));
    if is_npz(path) {
        return npz::visit(open(path)?, visit).map_err(|it| table::cannot_read(name, &it));
    }
    let beside = idx::label_names(name).into_iter().map(|it| path.with_file_name(it));
    let labels = match beside.into_iter().find(|it| it.is_file()) {
        Some(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let labels = idx::labels(open(&path)?);
            Some(labels.map_err(|it| table::cannot_read(&name, &it))?)
        }
        None => None,
    };
    let images = idx::images(open(path)?, labels).map_err(|it| table::cannot_read(name, &it))?;
    for record in images {
        if visit(record).is_break() {
            break;
        }
    }
    Ok(())
}

/// Gathers pictures into batches.
struct Collector<'a> {
    keeper: Keeper<'a>,
    hand: Hand<'a>,
    watch: &'a dyn Watch,
    records: Vec<Record>,
    size: usize,
}

impl Collector<'_> {
    fn take(&mut self, record: Record) -> ControlFlow<()> {
        self.size += record.as_ref().map_or(0, |it| it.pixels.values.len());
        self.records.push(record);
        if self.records.len() < BATCH_LEN && self.size < BATCH_SIZE {
            return ControlFlow::Continue(());
        }
        self.flush()
    }

    fn flush(&mut self) -> ControlFlow<()> {
        self.size = 0;
        let records = std::mem::take(&mut self.records);
        let keeper = &self.keeper;
        let outcomes = records.into_par_iter().map(|it| keeper.outcome(it)).collect();
        if (self.hand)(outcomes) && !self.watch.interrupted() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

/// Writes pictures as files of the project.
struct Keeper<'a> {
    folder: &'a Path,
    name: &'a str,
    before_write: &'a BeforeWrite,
}

impl Keeper<'_> {
    fn outcome(&self, record: Record) -> Outcome {
        let record = match record {
            Ok(record) => record,
            Err(it) => {
                let place = table::place(self.name, &it.place);
                return Outcome::LeftOut(Diagnostic { place, ..it });
            }
        };
        let png = record.pixels.png();
        let content_hash = ContentHash::of(&png);
        let path = self.file_of(&content_hash);
        self.before_write.call("item file");
        if let Err(error) = keep(&path, &png) {
            let place = table::place(self.name, &record.place);
            return Outcome::LeftOut(Diagnostic::new(place, error.to_string()));
        }
        let name = format!("{}/{}", self.name, record.name);
        let item = NewItem {
            content_hash,
            identity: name.clone(),
            media: Media::Image,
            name,
            external_id: None,
            source: Source::File(stored_path(self.folder, &path)),
            size: Some((record.pixels.width, record.pixels.height)),
        };
        Outcome::Ready { item: Box::new(item), label: record.label, warning: None }
    }

    /// 256 folders, so that no folder grows past what systems handle well.
    fn file_of(&self, content_hash: &ContentHash) -> PathBuf {
        let hex = content_hash.to_string();
        self.folder.join("items").join(&hex[..2]).join(format!("{}.png", &hex[..32]))
    }
}

/// Writes a file, unless it is there and whole: a crash leaves a shorter one.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::metadata(path).is_ok_and(|it| it.len() == bytes.len() as u64) {
        return Ok(());
    }
    make_parent(path)?;
    fs::write(path, bytes).map_err(Error::file("write", path))
}
