//! Labels: what may be answered about an item, and when two answers agree.

use std::collections::HashSet;

/// Position of a class in its [`Schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u16);

impl ClassId {
    /// The class as an index into a slice with one entry per class.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The classes that may be answered, in the order the user gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    // Invariant: at least two names, at most `u16::MAX`, none empty, no two equal.
    classes: Vec<String>,
}

impl Schema {
    /// The schema of `classes`.
    ///
    /// # Errors
    ///
    /// A sentence that names the offending class, if there are fewer than two
    /// or more than 65,535 classes, or one is blank or listed twice.
    pub fn new(classes: Vec<String>) -> Result<Schema, String> {
        if classes.len() < 2 {
            return Err(format!("a schema needs two classes or more, found {}", classes.len()));
        }
        if usize::from(u16::MAX) < classes.len() {
            return Err(format!("a schema holds at most 65,535 classes, found {}", classes.len()));
        }
        let mut seen = HashSet::new();
        for class in &classes {
            if class.trim().is_empty() {
                return Err("a class without a name".to_owned());
            }
            if !seen.insert(class.as_str()) {
                return Err(format!("class listed twice: `{class}`"));
            }
        }
        Ok(Schema { classes })
    }

    /// Names by [`ClassId`].
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Number of classes, at least two.
    pub fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// The name of `class`.
    ///
    /// # Panics
    ///
    /// If `class` is of another schema.
    pub fn name(&self, class: ClassId) -> &str {
        &self.classes[class.index()]
    }

    /// The class called `name`, exactly.
    pub fn class(&self, name: &str) -> Option<ClassId> {
        let index = self.classes.iter().position(|it| it == name)?;
        Some(ClassId(u16::try_from(index).expect("a schema fits in u16")))
    }
}

/// What was answered about an item. Boxes, masks and spans become further
/// variants; the loop only ever calls [`Label::agrees`].
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// Exactly one class of the schema.
    Class(ClassId),
}

impl Label {
    /// Whether the two say the same about an item, as the certificate counts it.
    pub fn agrees(&self, other: &Label) -> bool {
        match (self, other) {
            (Label::Class(a), Label::Class(b)) => a == b,
        }
    }

    /// The class, for labels that are one.
    pub fn class(&self) -> Option<ClassId> {
        match self {
            Label::Class(class) => Some(*class),
        }
    }
}

/// Why an annotator was asked.
///
/// What an answer may be used for follows from this: only `Random` and `Audit`
/// answers are fair samples of the pool, and `Audit` answers are kept from the
/// model whose labels they judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Chosen by the query strategy, to learn from.
    Training,
    /// Drawn uniformly from the unlabelled items: measures, and is learned from.
    Random,
    /// Drawn uniformly after the score was frozen, and answered blind.
    Audit,
    /// Left to people, because the audit did not vouch for it.
    Remainder,
    /// Came with the data.
    Imported,
    /// A label somebody looked at again.
    Review,
}

#[cfg(test)]
mod tests {
    use super::{ClassId, Schema};

    fn schema(classes: &[&str]) -> Result<Schema, String> {
        Schema::new(classes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn bad_schemas_say_what_is_wrong() {
        assert_eq!(
            schema(&["a"]).expect_err("one class"),
            "a schema needs two classes or more, found 1"
        );
        assert_eq!(schema(&["a", "b", "a"]).expect_err("twice"), "class listed twice: `a`");
        assert_eq!(schema(&["a", " "]).expect_err("no name"), "a class without a name");
    }

    #[test]
    fn names_and_ids_are_inverse() {
        let schema = schema(&["cat", "dog"]).expect("two classes");
        assert_eq!(schema.class("dog"), Some(ClassId(1)));
        assert_eq!(schema.class("Dog"), None);
        assert_eq!(schema.name(ClassId(1)), "dog");
    }
}
