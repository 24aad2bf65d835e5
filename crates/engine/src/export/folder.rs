//! Folders that hold the items themselves.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Component, Path},
};

use annota_core::diagnostic::Diagnostic;

use crate::{Error, project::Project, store::Item};

/// A folder, and in it what this export puts there. A list of that stays beside
/// it, so that the next export can take it away first: a label may have changed
/// since.
pub(super) struct Folder<'a> {
    root: &'a Path,
    placed: BufWriter<File>,
}

/// Names of files below the folder, one a line.
const PLACED: &str = ".annota-export";

impl<'a> Folder<'a> {
    /// Removes what an earlier export put into `root`.
    pub(super) fn begin(root: &'a Path) -> Result<Folder<'a>, Error> {
        fs::create_dir_all(root).map_err(Error::file("make", root))?;
        let list = root.join(PLACED);
        for name in fs::read_to_string(&list).unwrap_or_default().lines() {
            // Whoever wrote the list: nothing outside of the folder is removed.
            if Path::new(name).components().all(|it| matches!(it, Component::Normal(_))) {
                let _ = fs::remove_file(root.join(name));
            }
        }
        let placed = BufWriter::new(File::create(&list).map_err(Error::file("write", &list))?);
        Ok(Folder { root, placed })
    }

    /// Puts an item into the folder under `name`; a diagnostic if that failed.
    pub(super) fn place(
        &mut self,
        project: &Project,
        item: &Item,
        name: &Path,
        is_linked: bool,
    ) -> Result<Option<Diagnostic>, Error> {
        let path = self.root.join(name);
        let folder = path.parent().expect("it lies in the root");
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        writeln!(self.placed, "{}", name.display()).map_err(Error::file("write", self.root))?;
        let _ = fs::remove_file(&path);
        let placed = match project.item_path(item) {
            None => fs::write(&path, project.read_item(item)?),
            Some(source) if is_linked => link(&source, &path),
            Some(source) => fs::copy(source, &path).map(drop),
        };
        let failed = |error| Diagnostic::new(&item.name, format!("cannot be placed: {error}"));
        Ok(placed.err().map(failed))
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.placed.flush().map_err(Error::file("write", self.root))
    }
}

/// The name of its file, the item's number in it.
pub(super) fn file_name(project: &Project, item: &Item) -> String {
    let Some(source) = project.item_path(item) else { return format!("{}.txt", item.id) };
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let ending = source.extension().unwrap_or_default().to_string_lossy();
    format!("{stem}-{}.{ending}", item.id)
}

#[cfg(unix)]
fn link(source: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(source, path)
}

#[cfg(not(unix))]
fn link(source: &Path, path: &Path) -> io::Result<()> {
    fs::hard_link(source, path)
}

/// The folder of each class.
pub(super) fn class_folders(classes: &[String]) -> HashMap<&str, String> {
    classes.iter().map(String::as_str).zip(folder_names(classes)).collect()
}

/// A folder's name for each class, no two alike, also where case does not count.
fn folder_names(classes: &[String]) -> Vec<String> {
    let mut taken = HashSet::new();
    let name = |class: &String| {
        let name = folder_name(class);
        let more = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(more);
        names.find(|it| taken.insert(it.to_lowercase())).expect("numbers do not end")
    };
    classes.iter().map(name).collect()
}

/// A class as the name of a folder: what could leave the folder, or hide in
/// it, becomes `_`.
fn folder_name(class: &str) -> String {
    let is_safe = |it: char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_' | '.' | '+');
    let safe: String = class.chars().map(|it| if is_safe(it) { it } else { '_' }).collect();
    let safe = safe.trim().to_owned();
    if safe.starts_with('.') || safe.is_empty() { format!("_{safe}") } else { safe }
}

#[cfg(test)]
mod tests {
    use super::{folder_name, folder_names};

    #[test]
    fn classes_do_not_share_a_folder() {
        let classes = ["a/b", "a_b", "A_B", "a:b"].map(str::to_owned);
        assert_eq!(folder_names(&classes), ["a_b", "a_b_2", "A_B_3", "a_b_4"]);
    }

    #[test]
    fn class_names_never_leave_their_folder() {
        assert_eq!(folder_name("Sci/Tech"), "Sci_Tech");
        assert_eq!(folder_name("../../etc"), "_.._.._etc");
        assert_eq!(folder_name("正面"), "正面");
        assert_eq!(folder_name(" "), "_");
    }
}
