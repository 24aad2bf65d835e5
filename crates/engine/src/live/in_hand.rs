//! What people have in hand, kept in the project's `cache`: a server that comes
//! back hands out nothing twice.
//!
//! One JSON object a line, the last one about a person or an item counts. Lines
//! are appended without waiting for the device: they outlive the process, if
//! not the machine, and without them an item may go to two people, whose answers
//! both count as facts.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use annota_core::item::ItemId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::queue::Planned;
use crate::store::{
    AnnotatorId,
    wire::{read_purpose, read_time, write_purpose, write_time},
};

/// Below the project's cache folder.
const NAME: &str = "in-hand.jsonl";
/// Lines after which the file is written anew.
const MOST_LINES: usize = 20_000;

/// What somebody has in hand, until when.
pub(super) type Held = Vec<(Planned, Timestamp)>;
/// An item that lacks answers, and who has given some.
pub(super) type Lacking = (Planned, Vec<AnnotatorId>);

/// Everything in hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) held: BTreeMap<AnnotatorId, Held>,
    pub(super) lacking: BTreeMap<ItemId, Lacking>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Line {
    Held { annotator: i64, has: Vec<HeldLine> },
    Lacking { item: i64, lacks: Option<LackingLine> },
}

#[derive(Deserialize, Serialize)]
struct HeldLine {
    item: i64,
    purpose: String,
    reason: String,
    until: i64,
}

#[derive(Deserialize, Serialize)]
struct LackingLine {
    purpose: String,
    reason: String,
    by: Vec<i64>,
}

/// The file.
pub(super) struct InHand {
    path: PathBuf,
    kept: Kept,
    // `None` where the folder takes no files.
    file: Option<File>,
    n_lines: usize,
}

impl InHand {
    /// Reads what was in hand when the file was written last. Lines that are torn
    /// or of another version are left out.
    pub(super) fn open(cache: &Path) -> InHand {
        let path = cache.join(NAME);
        let mut kept = Kept::default();
        for line in fs::read_to_string(&path).unwrap_or_default().lines() {
            if let Ok(line) = serde_json::from_str(line) {
                kept.take(line);
            }
        }
        let mut in_hand = InHand { path, kept, file: None, n_lines: 0 };
        in_hand.write_anew();
        in_hand
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// From now on `annotator` has this in hand.
    pub(super) fn hold(&mut self, annotator: AnnotatorId, held: Held) {
        if self.kept.held.get(&annotator).map_or(&[][..], Vec::as_slice) == held {
            return;
        }
        self.append(&Line::held(annotator, &held));
        self.kept.hold(annotator, held);
    }

    /// From now on `item` lacks answers, or does not.
    pub(super) fn lack(&mut self, item: ItemId, lacking: Option<Lacking>) {
        if self.kept.lacking.get(&item) == lacking.as_ref() {
            return;
        }
        self.append(&Line::lacking(item, lacking.as_ref()));
        self.kept.lack(item, lacking);
    }

    fn append(&mut self, line: &Line) {
        if MOST_LINES <= self.n_lines {
            self.write_anew();
        }
        self.n_lines += 1;
        if let Some(file) = &mut self.file
            && file.write_all(line.text().as_bytes()).is_err()
        {
            // What follows a torn line would be lost with it.
            self.file = None;
            self.n_lines = MOST_LINES;
        }
    }

    /// Writes what is in hand now, and nothing of what was before.
    fn write_anew(&mut self) {
        let held = self.kept.held.iter().map(|it| Line::held(*it.0, it.1).text());
        let lacking = self.kept.lacking.iter();
        let lacking = lacking.map(|it| Line::lacking(*it.0, Some(it.1)).text());
        let lines: String = held.chain(lacking).collect();
        let part = self.path.with_extension("part");
        let write = || -> io::Result<File> {
            fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
            fs::write(&part, &lines)?;
            fs::rename(&part, &self.path)?;
            OpenOptions::new().append(true).open(&self.path)
        };
        self.file = write().ok();
        self.n_lines = 0;
    }
}

impl Kept {
    fn hold(&mut self, annotator: AnnotatorId, held: Held) {
        match held.is_empty() {
            true => drop(self.held.remove(&annotator)),
            false => drop(self.held.insert(annotator, held)),
        }
    }

    fn lack(&mut self, item: ItemId, lacking: Option<Lacking>) {
        match lacking {
            None => drop(self.lacking.remove(&item)),
            Some(lacking) => drop(self.lacking.insert(item, lacking)),
        }
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Held { annotator, has } => {
                let held = has.into_iter().filter_map(HeldLine::read).collect();
                self.hold(AnnotatorId(annotator), held);
            }
            Line::Lacking { item, lacks } => {
                let item = ItemId(item);
                self.lack(item, lacks.and_then(|it| it.read(item)));
            }
        }
    }
}

impl Line {
    fn held(annotator: AnnotatorId, held: &Held) -> Line {
        let has = held.iter().map(|(planned, until)| HeldLine {
            item: planned.item.0,
            purpose: write_purpose(planned.purpose),
            reason: planned.reason.to_string(),
            until: write_time(*until),
        });
        Line::Held { annotator: annotator.0, has: has.collect() }
    }

    fn lacking(item: ItemId, lacking: Option<&Lacking>) -> Line {
        let lacks = lacking.map(|(planned, by)| LackingLine {
            purpose: write_purpose(planned.purpose),
            reason: planned.reason.to_string(),
            by: by.iter().map(|it| it.0).collect(),
        });
        Line::Lacking { item: item.0, lacks }
    }

    fn text(&self) -> String {
        serde_json::to_string(self).expect("numbers and strings are JSON") + "\n"
    }
}

impl HeldLine {
    fn read(self) -> Option<(Planned, Timestamp)> {
        let purpose = read_purpose(&self.purpose).ok()?;
        let planned = Planned { item: ItemId(self.item), purpose, reason: self.reason.into() };
        Some((planned, read_time(self.until).ok()?))
    }
}

impl LackingLine {
    fn read(self, item: ItemId) -> Option<Lacking> {
        let purpose = read_purpose(&self.purpose).ok()?;
        let by = self.by.into_iter().map(AnnotatorId).collect();
        Some((Planned { item, purpose, reason: self.reason.into() }, by))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use annota_core::{item::ItemId, label::Purpose};
    use jiff::Timestamp;

    use super::{InHand, MOST_LINES, NAME};
    use crate::{live::queue::Planned, store::AnnotatorId};

    const ANN: AnnotatorId = AnnotatorId(1);
    const BOB: AnnotatorId = AnnotatorId(2);

    fn planned(item: i64) -> Planned {
        Planned { item: ItemId(item), purpose: Purpose::Random, reason: "typical".into() }
    }

    fn held(item: i64) -> (Planned, Timestamp) {
        (planned(item), Timestamp::constant(1_700_000_000, 0))
    }

    #[test]
    fn the_last_line_counts_and_a_torn_one_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut in_hand = InHand::open(folder.path());
        in_hand.hold(ANN, vec![held(1), held(2)]);
        in_hand.hold(BOB, vec![held(3)]);
        in_hand.hold(ANN, vec![held(2)]);
        in_hand.lack(ItemId(1), Some((planned(1), vec![ANN])));
        in_hand.lack(ItemId(9), Some((planned(9), vec![BOB])));
        in_hand.lack(ItemId(9), None);
        in_hand.hold(BOB, Vec::new());
        let kept = in_hand.kept().clone();
        assert_eq!((kept.held.len(), kept.lacking.len()), (1, 1));
        drop(in_hand);

        let path = folder.path().join(NAME);
        let text = fs::read_to_string(&path).expect("there") + "{\"annotator\":2,\"has\":[{\"it";
        fs::write(&path, text).expect("written");
        let in_hand = InHand::open(folder.path());
        assert_eq!(*in_hand.kept(), kept);
        assert_eq!(fs::read_to_string(&path).expect("there").lines().count(), 2);
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut in_hand = InHand::open(folder.path());
        for item in 0..=MOST_LINES as i64 {
            in_hand.hold(ANN, vec![held(item)]);
        }
        let text = fs::read_to_string(folder.path().join(NAME)).expect("there");
        assert!(text.lines().count() <= 2, "{}", text.lines().count());
        assert_eq!(InHand::open(folder.path()).kept(), in_hand.kept());
    }
}
