//! Rules of the house that the compiler does not know, over the whole
//! workspace. The rules and their reasons are in CONTRIBUTING.md.
//!
//! Sources are formatted by rustfmt, which is what lets a few lines of text
//! matching stand in for a parser.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const LONGEST_FILE: usize = 1_000;
const LONGEST_FUNCTION: usize = 70;

/// What breaks "same arguments, same result" or is the caller's business.
const NOT_IN_CORE: [(&str, &str); 13] = [
    ("std::fs", "take the bytes as an argument"),
    ("std::net", "core knows no network"),
    ("std::env", "take the value as an argument"),
    ("std::process", "core runs in its caller's process"),
    ("std::thread", "use rayon"),
    ("std::time", "take the time as an argument"),
    ("SystemTime", "take the time as an argument"),
    ("Instant::now", "measure in the caller"),
    ("Rng::new()", "take a `&mut fastrand::Rng` made from a seed"),
    ("thread_rng", "take a `&mut fastrand::Rng` made from a seed"),
    ("std::io::std", "return the value, the app prints it"),
    ("println!", "return the value or a `Diagnostic`, the app prints it"),
    ("dbg!", "remove it"),
];

/// Which of our crates a crate may depend on; see ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 5] = [
    ("crates/core", &[]),
    ("crates/model", &["annota-core"]),
    ("crates/engine", &["annota-core"]),
    ("crates/app", &["annota-core", "annota-model", "annota-engine"]),
    ("bench", &["annota-core", "annota-model", "annota-engine"]),
];

#[test]
fn every_file_says_first_what_it_is_for() {
    complain_about(&sources(), |path, source| {
        let headless = !source.starts_with("//! ");
        let help = format!("{path}: begin it with a `//! ` line that says what it is for");
        Vec::from_iter(headless.then_some(help))
    });
}

#[test]
fn files_are_short_enough_to_read_once() {
    complain_about(&sources(), |path, source| {
        let n_lines = source.lines().count();
        let help =
            format!("{path}: {n_lines} lines; split it by subject to at most {LONGEST_FILE}");
        Vec::from_iter((LONGEST_FILE < n_lines).then_some(help))
    });
}

#[test]
fn functions_fit_on_a_screen() {
    complain_about(&sources(), |path, source| {
        let too_long = functions(source).into_iter().filter(|it| LONGEST_FUNCTION < it.n_lines);
        let complaint = |Function { name, line, n_lines }| {
            format!(
                "{path}:{line}: `{name}` has {n_lines} lines; name its parts and call them, at \
                 most {LONGEST_FUNCTION}"
            )
        };
        too_long.map(complaint).collect()
    });
}

#[test]
fn core_does_no_io() {
    complain_about(&sources_in("crates/core/src"), |path, source| {
        let mut complaints = Vec::new();
        for (line, content) in product_code(source) {
            for (word, help) in NOT_IN_CORE.iter().filter(|(word, _)| content.contains(word)) {
                complaints.push(format!("{path}:{line}: `{word}` has no place in core; {help}"));
            }
        }
        complaints
    });
}

#[test]
fn nothing_unwraps_outside_tests() {
    complain_about(&sources(), |path, source| {
        let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
        product_code(source)
            .filter(|(_, content)| !is_test && content.contains(".unwrap()"))
            .map(|(line, _)| {
                format!(
                    "{path}:{line}: `unwrap` tells nobody why; return the error, or \
                     `expect(\"why it cannot happen\")`"
                )
            })
            .collect()
    });
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TO-DO", "FIX-ME", "XX-X", "unimplement-ed!", "to-do!"].map(joined);
    complain_about(&sources(), |path, source| {
        let complaint = |(line, word)| {
            format!("{path}:{line}: `{word}`: finish it, or open an issue and remove the note")
        };
        lines_with(source, &words).map(complaint).collect()
    });
}

#[test]
fn every_test_runs_and_says_what_it_expects() {
    let words = ["#[igno-re", "#[should_pan-ic"].map(joined);
    complain_about(&sources(), |path, source| {
        let complaint = |(line, word)| {
            format!(
                "{path}:{line}: `{word}]`: make the test fast, or let it return early unless an \
                 environment variable asks for it; test a panic's condition instead of the panic"
            )
        };
        lines_with(source, &words).map(complaint).collect()
    });
}

#[test]
fn query_strategies_name_their_source() {
    let catalogue = fs::read_to_string(root().join("crates/core/src/acquire/catalogue.rs"))
        .expect("the catalogue of strategies");
    complain_about(&sources_in("crates/core/src/acquire"), |path, source| {
        let name = path.rsplit('/').next().expect("a path has a last part");
        let is_strategy = catalogue.contains(&format!("include_str!(\"{name}\")"));
        let docs = source.lines().map(str::trim_start);
        let cited =
            docs.filter(|it| it.starts_with("//!") || it.starts_with("///")).any(names_a_year);
        let help =
            format!("{path}: name the paper in the doc comment: authors (year), *title*, venue");
        Vec::from_iter((is_strategy && !cited).then_some(help))
    });
}

#[test]
fn arrows_point_down() {
    let manifests: BTreeMap<String, String> = ["crates", "bench"]
        .iter()
        .flat_map(|it| files_below(&root().join(it), "toml"))
        .filter(|(path, _)| path.ends_with("/Cargo.toml"))
        .map(|(path, text)| (path.trim_end_matches("/Cargo.toml").to_owned(), text))
        .collect();
    let mut complaints = Vec::new();
    for (path, manifest) in &manifests {
        let Some((_, allowed)) = ARROWS.iter().find(|(it, _)| it == path) else {
            complaints.push(format!(
                "{path}: a new crate; add its arrows to ARCHITECTURE.md and to ARROWS in tidy.rs"
            ));
            continue;
        };
        for dependency in our_dependencies(manifest) {
            if !allowed.contains(&dependency.as_str()) {
                complaints.push(format!(
                    "{path}: must not depend on {dependency}; put what both need into core, \
                     or a trait into core and the wiring into app"
                ));
            }
        }
    }
    assert!(manifests.len() == ARROWS.len(), "a crate of ARROWS is gone: {:?}", manifests.keys());
    show(&complaints);
}

#[test]
fn reference_values_come_with_the_script_that_made_them() {
    let complaints: Vec<String> = files_below(&root().join("crates/core/reference"), "json")
        .into_iter()
        // Folders hold fixtures; the script that made them stands beside the folder.
        .filter(|(path, _)| !path["crates/core/reference/".len()..].contains('/'))
        .filter(|(path, _)| !root().join(path.replace(".json", ".py")).exists())
        .map(|(path, _)| format!("{path}: commit the script that made it, as NAME.py beside it"))
        .collect();
    show(&complaints);
}

/// The checks above are only worth something if they can fail.
mod the_matchers {
    use super::{functions, lines_with, names_a_year, our_dependencies, product_code};

    const SOURCE: &str = "\
//! Head.

impl A {
    pub(crate) fn long(
        self,
    ) -> B {
        if c {
        }
    }

    fn one_line(self) -> fn(u8) -> u8 { d }
}

trait T {
    fn declared(&self);
}

const fn last() {
    e.unwrap()
}

#[cfg(test)]
mod tests {
    fn in_tests() {}
}
";

    #[test]
    fn find_functions_and_their_length() {
        let found: Vec<_> =
            functions(SOURCE).iter().map(|it| (it.name.clone(), it.line, it.n_lines)).collect();
        let expected = [("long", 4, 6), ("one_line", 11, 1), ("last", 18, 3), ("in_tests", 24, 1)];
        let expected: Vec<_> = expected.iter().map(|it| (it.0.to_owned(), it.1, it.2)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn tell_product_code_from_tests_and_comments() {
        let lines: Vec<usize> = product_code(SOURCE)
            .filter(|it| it.1.contains("unwrap") || it.1.contains("Head") || it.1.contains("tests"))
            .map(|it| it.0)
            .collect();
        assert_eq!(lines, [19]);
    }

    #[test]
    fn find_words_years_and_dependencies() {
        let words = ["e.unwrap".to_owned()];
        assert_eq!(lines_with(SOURCE, &words).map(|it| it.0).collect::<Vec<_>>(), [19]);
        assert!(names_a_year("Sener, Savarese (2018), *Active Learning*"));
        assert!(names_a_year("arXiv, 1999."));
        assert!(!names_a_year("at 12018 items, or 20 of 2,000"));
        let manifest = "[package]\nname = \"annota-core\"\n[dependencies]\n# annota-app\n\
                        annota-model.workspace = true\n[dev-dependencies]\nannota-engine = { }\n";
        assert_eq!(our_dependencies(manifest), ["annota-model", "annota-engine"]);
    }
}

struct Function {
    name: String,
    line: usize,
    n_lines: usize,
}

/// Every function with a body. In formatted code it ends at the first line
/// that is a closing brace as far to the right as its `fn` line.
fn functions(source: &str) -> Vec<Function> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let rest = &lines[at..];
        let opens = rest.iter().find(|it| it.ends_with(['{', '}', ';']));
        if opens.is_none_or(|it| it.ends_with(';')) {
            continue;
        }
        let one_line = line.ends_with('}');
        let end = rest.iter().position(|it| one_line || **it == format!("{indent}}}"));
        found.push(Function { name, line: at + 1, n_lines: end.unwrap_or(0) + 1 });
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let mut words = line.trim_start();
    while let Some(rest) = ["pub ", "const ", "async ", "unsafe ", "pub(crate) ", "pub(super) "]
        .iter()
        .find_map(|it| words.strip_prefix(it))
    {
        words = rest;
    }
    let name = words.strip_prefix("fn ")?;
    let end = name.find(|it: char| !it.is_alphanumeric() && it != '_')?;
    Some(name[..end].to_owned())
}

/// Numbered lines that are neither comments nor in the `tests` module, which
/// closes a file.
fn product_code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(source.lines())
        .take_while(|(_, line)| line.trim_start() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn lines_with<'a>(
    source: &'a str,
    words: &'a [String],
) -> impl Iterator<Item = (usize, &'a String)> {
    (1..).zip(source.lines()).filter_map(|(line, content)| {
        words.iter().find(|it| content.contains(it.as_str())).map(|word| (line, word))
    })
}

/// Written with a hyphen above, so that this file does not find itself.
fn joined(word: &str) -> String {
    word.replacen('-', "", 1)
}

/// Whether `text` holds a number of four digits that starts with 19 or 20.
fn names_a_year(text: &str) -> bool {
    text.split(|it: char| !it.is_ascii_digit())
        .any(|it| it.len() == 4 && (it.starts_with("19") || it.starts_with("20")))
}

/// Our crates under any `dependencies` heading, in order.
fn our_dependencies(manifest: &str) -> Vec<String> {
    let mut is_dependency = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_dependency = line.contains("dependencies");
        } else if is_dependency && line.starts_with("annota-") {
            let name = line.split(['.', ' ', '=']).next().expect("at least one part");
            found.push(name.to_owned());
        }
    }
    found
}

/// Collects what `check` says about every source, and fails if it says anything.
fn complain_about(sources: &BTreeMap<String, String>, check: impl Fn(&str, &str) -> Vec<String>) {
    assert!(!sources.is_empty(), "found no source to check");
    let complaints: Vec<String> =
        sources.iter().flat_map(|(path, source)| check(path, source)).collect();
    show(&complaints);
}

fn show(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

fn sources() -> BTreeMap<String, String> {
    let mut found = sources_in("crates");
    found.extend(sources_in("bench"));
    found
}

fn sources_in(dir: &str) -> BTreeMap<String, String> {
    files_below(&root().join(dir), "rs")
}

/// Text files by their path from the root of the repository.
fn files_below(dir: &Path, extension: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let path = entry.expect("a readable entry").path();
        let hidden = path.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden && !path.ends_with("target") {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            let text = fs::read_to_string(&path).expect("UTF-8 text");
            let from_root = path.strip_prefix(root()).expect("below the root");
            found.insert(from_root.to_string_lossy().replace('\\', "/"), text);
        }
    }
    found
}

fn root() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    core.ancestors().nth(2).expect("core is two levels down").to_owned()
}
