//! Keys and colours of classes that nobody has chosen any for.

use std::collections::BTreeMap;

use annota_engine::project::Look;

use super::wire::Class;

/// Keys that answer a class, in the order in which they are given; the other
/// letters mean something else on the page (`ui/src/keys.ts`).
const KEYS: &str = "123456789IJKLOSTUWYZ";

/// Colours that stay apart for people who see few, after Okabe and Ito (2008),
/// *Color Universal Design*, and Paul Tol's muted scheme; then round again.
const COLOURS: [&str; 16] = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8f7a00", "#332288",
    "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
];

/// The classes called `names` with the keys and colours in `looks`, or some
/// that are free.
pub(crate) fn classes(names: &[String], looks: &BTreeMap<String, Look>) -> Vec<Class> {
    let is_taken = |key: char| looks.values().any(|it| it.key.chars().eq([key]));
    let mut free = KEYS.chars().filter(|it| !is_taken(*it));
    let class = |(position, name): (usize, &String)| match looks.get(name) {
        Some(look) => {
            Class { name: name.clone(), key: look.key.clone(), colour: look.colour.clone() }
        }
        None => Class {
            name: name.clone(),
            key: free.next().map_or_else(String::new, |it| it.to_string()),
            colour: COLOURS[position % COLOURS.len()].to_owned(),
        },
    };
    names.iter().enumerate().map(class).collect()
}

/// Whether a class may be answered with `key`, in small letters or large.
pub(crate) fn is_key(key: &str) -> bool {
    KEYS.chars().any(|it| key.to_ascii_uppercase().chars().eq([it]))
}

/// The keys that classes may have, for people.
pub(crate) fn keys() -> String {
    KEYS.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, iter};

    use annota_engine::project::Look;

    use super::{KEYS, classes};

    #[test]
    fn a_key_is_given_once() {
        let names = ["cat", "dog", "cow"].map(str::to_owned);
        let look = Look { key: "1".to_owned(), colour: "#123456".to_owned() };
        let looks = BTreeMap::from([("dog".to_owned(), look)]);
        let classes = classes(&names, &looks);
        let keys: Vec<&str> = classes.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["2", "1", "3"]);
        assert_eq!(classes[1].colour, "#123456");
    }

    #[test]
    fn more_classes_than_keys_go_without() {
        let names: Vec<String> = (0..100).map(|it| it.to_string()).collect();
        let keys: Vec<String> =
            classes(&names, &BTreeMap::new()).into_iter().map(|it| it.key).collect();
        let expected = KEYS.chars().map(String::from).chain(iter::repeat(String::new()));
        assert_eq!(keys, expected.take(100).collect::<Vec<_>>());
    }
}
