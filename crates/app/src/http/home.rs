//! Where projects lie: one project, or a folder that holds projects.
//!
//! A project is called by the name of its folder. Names that come from outside
//! are looked up among those that are there, and never made into paths.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use annota_engine::{Error, project::Project};

/// Characters of a folder's name, at most.
const MOST_NAME: usize = 60;

/// The projects that are served.
pub(crate) struct Home {
    // New projects are made in here.
    folder: PathBuf,
    // The one project that was named, with those made since.
    only: Option<Mutex<BTreeMap<String, PathBuf>>>,
}

impl Home {
    /// The projects of `folder`, which is a project or holds projects.
    pub(crate) fn open(folder: &Path) -> Result<Home, Error> {
        let folder = folder.canonicalize().map_err(Error::file("open", folder))?;
        if !Project::is_at(&folder) {
            return Ok(Home { folder, only: None });
        }
        let beside = folder.parent().unwrap_or(&folder).to_owned();
        let name = name_of(&folder);
        let only = BTreeMap::from([(name, folder)]);
        Ok(Home { folder: beside, only: Some(Mutex::new(only)) })
    }

    /// Folders of the projects, by name.
    pub(crate) fn projects(&self) -> Result<BTreeMap<String, PathBuf>, Error> {
        if let Some(only) = &self.only {
            let only = only.lock().unwrap_or_else(PoisonError::into_inner);
            let there = only.iter().filter(|it| Project::is_at(it.1));
            return Ok(there.map(|(name, folder)| (name.clone(), folder.clone())).collect());
        }
        let entries = fs::read_dir(&self.folder).map_err(Error::file("read", &self.folder))?;
        let mut projects = BTreeMap::new();
        for entry in entries {
            let folder = entry.map_err(Error::file("read", &self.folder))?.path();
            if Project::is_at(&folder) {
                projects.insert(name_of(&folder), folder);
            }
        }
        Ok(projects)
    }

    /// Name of the project, where one was named.
    pub(crate) fn only(&self) -> Option<String> {
        let only = self.only.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        only.keys().next().cloned()
    }

    /// The folder of the project called `name`.
    pub(crate) fn find(&self, name: &str) -> Result<Option<PathBuf>, Error> {
        Ok(self.projects()?.remove(name))
    }

    /// Makes a folder for a project that people call `title`.
    pub(crate) fn make(&self, title: &str) -> Result<(String, PathBuf), Error> {
        let stem = folder_name(title);
        for n in 1_u32.. {
            let name = if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
            let folder = self.folder.join(&name);
            match fs::create_dir(&folder) {
                Ok(()) => {
                    if let Some(only) = &self.only {
                        let mut only = only.lock().unwrap_or_else(PoisonError::into_inner);
                        only.insert(name.clone(), folder.clone());
                    }
                    return Ok((name, folder));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::file("make", folder)(error)),
            }
        }
        unreachable!("a folder does not hold four thousand million projects")
    }

    /// Whether `path`, which exists, lies in here.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|it| it.starts_with(&self.folder))
    }
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `title` as the name of a folder on any system: letters and digits of any
/// script, and hyphens.
fn folder_name(title: &str) -> String {
    let letters = title.chars().map(|it| if it.is_alphanumeric() { it } else { '-' });
    let name: String = letters.take(MOST_NAME).collect();
    let name = name.split('-').filter(|it| !it.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "project".to_owned() } else { name.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::{Home, folder_name};
    use annota_engine::project::{Project, ProjectConfig};
    use std::time::Duration;

    #[test]
    fn titles_become_names_of_folders() {
        assert_eq!(folder_name("Camera traps, May 2026"), "camera-traps-may-2026");
        assert_eq!(folder_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(folder_name("野生动物"), "野生动物");
        assert_eq!(folder_name(" .. "), "project");
    }

    #[test]
    fn only_projects_in_the_folder_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::open(folder.path()).expect("opens");
        let (name, at) = home.make("Pets").expect("made");
        assert_eq!(home.make("pets!").expect("made").0, "pets-2");
        assert_eq!(home.find(&name).expect("read"), None, "an empty folder is no project");
        Project::create(&at, ProjectConfig::default(), Duration::ZERO).expect("made");
        assert_eq!(home.find("pets").expect("read"), Some(home.folder.join("pets")));
        for name in ["", ".", "..", "../pets", "pets/../pets", "/etc"] {
            assert_eq!(home.find(name).expect("read"), None, "{name}");
        }
        let one = Home::open(&at).expect("opens");
        assert_eq!(one.projects().expect("read").len(), 1);
        assert_eq!((one.only().as_deref(), home.only()), (Some("pets"), None));
        assert_eq!(one.make("dogs").expect("made").1, home.folder.join("dogs"), "beside it");
    }
}
