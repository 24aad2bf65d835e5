//! Projects that are kept between replays, so that nothing is embedded twice.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use annota_core::item::ContentHash;
use annota_engine::{
    annotate::{Annotator, AnnotatorKind},
    project::{Project, ProjectConfig},
};
use annota_model::catalogue;
use anyhow::Context;

use crate::{
    cli::{
        embed::embed_project,
        import::import_into,
        shared::{DataArgs, WAIT},
    },
    oracle,
    session::Session,
};

/// Exists once everything is imported and embedded.
const COMPLETE: &str = "simulate.complete";

/// The project of the labelled set in `data`, made if it is not there or if the
/// data has changed since. Data without classes take those in the file `gold`.
pub(super) fn project(
    data: &Path,
    gold: Option<&Path>,
    model: Option<&str>,
    read: &DataArgs,
    session: &Session,
) -> anyhow::Result<Project> {
    let opening = || format!("cannot open `{}`", data.display());
    let data = data.canonicalize().with_context(opening)?;
    let folder = catalogue::cache_folder()?.join("simulate");
    let place = short_hash(data.to_string_lossy().as_bytes());
    let found = fingerprint(&data, gold, model, read).with_context(opening)?;
    let state = short_hash(found.as_bytes());
    let current = folder.join(format!("{place}-{state}"));
    if current.join(COMPLETE).is_file() {
        return Ok(Project::open(&current, WAIT)?);
    }
    forget_earlier(&folder, &place, &current)?;
    let config = ProjectConfig { model: model.map(str::to_owned), ..ProjectConfig::default() };
    let project = Project::open_or_create(&current, config, WAIT)?;
    let usual = Annotator { name: "gold".to_owned(), kind: AnnotatorKind::Gold };
    let labels_as = Some(read.labels_as.clone().unwrap_or(usual));
    import_into(&project, &data, read, labels_as, session)?;
    if let Some(gold) = gold
        && project.store().classes().is_empty()
    {
        project.store().add_classes(&oracle::classes_in(gold, read)?)?;
    }
    embed_project(&project, session)?;
    fs::write(current.join(COMPLETE), "").context("cannot write to the cache")?;
    Ok(project)
}

/// Removes the projects of earlier states of the same data.
fn forget_earlier(folder: &Path, place: &str, current: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_earlier = name.to_string_lossy().starts_with(&format!("{place}-"));
        if is_earlier && entry.path() != current {
            fs::remove_dir_all(entry.path()).context("cannot clear the cache")?;
        }
    }
    Ok(())
}

fn short_hash(bytes: &[u8]) -> String {
    ContentHash::of(bytes).to_string()[..16].to_owned()
}

/// What an import depends on: name, size and time of every file, and how it is
/// read. Changes of a file that change none of these are not seen.
fn fingerprint(
    data: &Path,
    gold: Option<&Path>,
    model: Option<&str>,
    read: &DataArgs,
) -> std::io::Result<String> {
    let mut lines = vec![format!("{model:?} {read:?}")];
    let mut open: Vec<PathBuf> = gold.into_iter().chain([data]).map(Path::to_owned).collect();
    while let Some(path) = open.pop() {
        // A broken link is the import's to report.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            let entries = fs::read_dir(&path)?.collect::<Result<Vec<_>, _>>()?;
            open.extend(entries.iter().filter(|it| !is_link(it)).map(fs::DirEntry::path));
            continue;
        }
        let modified = metadata.modified().ok().and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        lines.push(format!("{} {} {modified:?}", path.display(), metadata.len()));
    }
    lines.sort_unstable();
    Ok(lines.join("\n"))
}

/// Links inside a folder are not followed here: they can form rings.
fn is_link(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|it| it.is_symlink())
}
