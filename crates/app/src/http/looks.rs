//! Keys and colours of classes that nobody has chosen any for.

use std::collections::BTreeMap;

use annota_engine::project::Look;

use super::wire::Class;

/// Keys that answer a class, in the order in which they are given; the other
/// letters mean something else on the page (`ui/src/keys.ts`).
const KEYS: &str = "1234567890IJKLOSTUWYZ";

/// Colours that stay apart for people who see few, after Okabe and Ito (2008),
/// *Color Universal Design*, and Paul Tol's muted scheme; then round again.
const COLOURS: [&str; 16] = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8f7a00", "#332288",
    "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
];

/// The classes called `names` with the keys and colours in `looks`. A class
/// without any has the key that is called as it is, `7` of a class "7"; the
/// others get those that are free then, in order.
pub(crate) fn classes(names: &[String], looks: &BTreeMap<String, Look>) -> Vec<Class> {
    let mut keys: Vec<String> =
        names.iter().map(|it| looks.get(it).map_or(String::new(), |it| it.key.clone())).collect();
    let has = |keys: &[String], key: &str| keys.iter().any(|it| it.eq_ignore_ascii_case(key));
    let is_bare = |name: &String| !looks.contains_key(name);
    for (at, name) in names.iter().enumerate().filter(|it| is_bare(it.1)) {
        let own = name.to_ascii_uppercase();
        if is_key(&own) && !has(&keys, &own) {
            keys[at] = own;
        }
    }
    for at in (0..names.len()).filter(|it| is_bare(&names[*it])) {
        if keys[at].is_empty() {
            let free = KEYS.chars().map(String::from).find(|it| !has(&keys, it));
            keys[at] = free.unwrap_or_default();
        }
    }
    let class = |(position, (name, key)): (usize, (&String, String))| {
        let colour = looks.get(name).map_or(COLOURS[position % COLOURS.len()], |it| &it.colour);
        Class { name: name.clone(), key, colour: colour.to_owned() }
    };
    names.iter().zip(keys).enumerate().map(class).collect()
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
    fn a_class_that_is_called_like_a_key_has_it() {
        let keys = |names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            classes(&names, &BTreeMap::new()).into_iter().map(|it| it.key).collect()
        };
        assert_eq!(keys(&["0", "1", "7"]), ["0", "1", "7"]);
        assert_eq!(keys(&["none", "1", "i", "I", "x"]), ["2", "1", "I", "3", "4"]);
    }

    #[test]
    fn more_classes_than_keys_go_without() {
        let names: Vec<String> = (0..100).map(|it| format!("class {it}")).collect();
        let keys: Vec<String> =
            classes(&names, &BTreeMap::new()).into_iter().map(|it| it.key).collect();
        let expected = KEYS.chars().map(String::from).chain(iter::repeat(String::new()));
        assert_eq!(keys, expected.take(100).collect::<Vec<_>>());
    }
}
