//! Embeddings on disk: one flat file of rows and one of content hashes for each
//! embedder, appended to as items are embedded.
//!
//! A matrix is a cache. Whatever a crash leaves is cut back to the rows that
//! are whole; deleting the files costs the time to embed again and nothing
//! else. Two processes do not share one: the project's lock sees to that.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use annota_core::item::ContentHash;

use crate::{Error, project::write_atomically};

/// Begins both files; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"annota.1";
/// Magic, `dim`, hash of the embedder's id, checksum of the three.
const HEADER_LEN: usize = 8 + 8 + 32 + 8;
/// Content hash, checksum of it and of the row.
const ENTRY_LEN: usize = 32 + 8;
/// Rows at the end whose checksums are compared when a matrix is opened: more
/// than any crash can tear, since every append is flushed.
const CHECKED_TAIL: usize = 4_096;

/// The embeddings of one embedder, by content hash.
#[derive(Debug)]
pub struct Matrix {
    dim: usize,
    rows_path: PathBuf,
    entries_path: PathBuf,
    rows: File,
    entries: File,
    // Invariant: positions are `0..len`, and as many rows and entries are on disk.
    positions: HashMap<ContentHash, u32>,
    len: u32,
}

impl Matrix {
    /// Opens or makes the matrix of the embedder called `embedder_id` in
    /// `folder`, and cuts off what a crash left unfinished.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the header is not of this embedder with this `dim`.
    ///
    /// # Panics
    ///
    /// If `dim` is 0.
    pub fn open(folder: &Path, embedder_id: &str, dim: usize) -> Result<Matrix, Error> {
        assert!(0 < dim, "an embedding has a length");
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        let name = blake3::hash(embedder_id.as_bytes()).to_hex()[..16].to_owned();
        let rows_path = folder.join(format!("{name}.rows"));
        let entries_path = folder.join(format!("{name}.entries"));
        let header = header(embedder_id, dim);
        let rows = open_with_header(&rows_path, &header)?;
        let entries = open_with_header(&entries_path, &header)?;
        let mut matrix = Matrix {
            dim,
            rows_path,
            entries_path,
            rows,
            entries,
            positions: HashMap::new(),
            len: 0,
        };
        matrix.recover()?;
        Ok(matrix)
    }

    /// Length of one embedding.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of embeddings.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether nothing is embedded yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the content has an embedding here.
    pub fn contains(&self, content: &ContentHash) -> bool {
        self.positions.contains_key(content)
    }

    /// Appends embeddings, each of length `dim`; content that is there is left
    /// as it is. Durable when this returns.
    ///
    /// # Panics
    ///
    /// If an embedding has another length.
    pub fn append(&mut self, embeddings: &[(ContentHash, Vec<f32>)]) -> Result<(), Error> {
        let (mut rows, mut entries, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for (content, embedding) in embeddings {
            assert_eq!(embedding.len(), self.dim, "an embedding of another length");
            if self.contains(content) || added.contains(content) {
                continue;
            }
            let begin = rows.len();
            rows.extend(embedding.iter().flat_map(|it| it.to_le_bytes()));
            entries.extend(content.0);
            entries.extend(checksum(&[&content.0, &rows[begin..]]));
            added.push(*content);
        }
        let len = self.len as usize;
        let row_size = self.row_size();
        write_at(&mut self.rows, HEADER_LEN + len * row_size, &rows)
            .map_err(Error::file("write", &self.rows_path))?;
        write_at(&mut self.entries, HEADER_LEN + len * ENTRY_LEN, &entries)
            .map_err(Error::file("write", &self.entries_path))?;
        for content in added {
            self.positions.insert(content, self.len);
            self.len += 1;
        }
        Ok(())
    }

    /// The embeddings of `contents`, in that order, shape `[contents.len(), dim]`.
    /// Fastest in the order in which they were appended.
    ///
    /// # Panics
    ///
    /// If one is not there: ask [`Matrix::contains`].
    pub fn read(&self, contents: &[ContentHash]) -> Result<Vec<f32>, Error> {
        let positions: Vec<u32> = contents
            .iter()
            .map(|it| *self.positions.get(it).expect("the caller checked that it is there"))
            .collect();
        let mut values = Vec::with_capacity(contents.len() * self.dim);
        let mut bytes = Vec::new();
        let max_run = (4 << 20) / self.row_size() + 1;
        let mut begin = 0;
        while begin < positions.len() {
            let first = positions[begin];
            let run = (first..).zip(&positions[begin..]).take(max_run);
            let run_len = run.take_while(|(expected, it)| expected == *it).count();
            self.read_rows(first as usize, run_len, &mut bytes)?;
            values.extend(bytes.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)));
            begin += run_len;
        }
        Ok(values)
    }

    fn row_size(&self) -> usize {
        self.dim * size_of::<f32>()
    }

    fn read_rows(&self, first: usize, n_rows: usize, bytes: &mut Vec<u8>) -> Result<(), Error> {
        bytes.resize(n_rows * self.row_size(), 0);
        let mut file = &self.rows;
        file.seek(SeekFrom::Start((HEADER_LEN + first * self.row_size()) as u64))
            .and_then(|_| file.read_exact(bytes))
            .map_err(Error::file("read", &self.rows_path))
    }

    /// Reads the entries and cuts both files back to the rows that are whole.
    fn recover(&mut self) -> Result<(), Error> {
        let mut entries = Vec::new();
        self.entries
            .seek(SeekFrom::Start(HEADER_LEN as u64))
            .and_then(|_| self.entries.read_to_end(&mut entries))
            .map_err(Error::file("read", &self.entries_path))?;
        let size = self.rows.metadata().map_err(Error::file("read", &self.rows_path))?.len();
        let n_rows = (size as usize - HEADER_LEN) / self.row_size();
        let mut len = n_rows.min(entries.len() / ENTRY_LEN).min(u32::MAX as usize);

        let first = len.saturating_sub(CHECKED_TAIL);
        let mut rows = Vec::new();
        self.read_rows(first, len - first, &mut rows)?;
        let tail = entries[first * ENTRY_LEN..len * ENTRY_LEN].chunks_exact(ENTRY_LEN);
        let whole = tail
            .zip(rows.chunks_exact(self.row_size()))
            .take_while(|(entry, row)| checksum(&[&entry[..32], row]) == entry[32..]);
        len = first + whole.count();

        let cut = |file: &File, size: usize| file.set_len(size as u64);
        cut(&self.rows, HEADER_LEN + len * self.row_size())
            .map_err(Error::file("cut", &self.rows_path))?;
        cut(&self.entries, HEADER_LEN + len * ENTRY_LEN)
            .map_err(Error::file("cut", &self.entries_path))?;
        for (position, entry) in (0..).zip(entries.chunks_exact(ENTRY_LEN).take(len)) {
            let hash = <[u8; 32]>::try_from(&entry[..32]).expect("32 bytes");
            self.positions.insert(ContentHash(hash), position);
        }
        self.len = u32::try_from(len).expect("limited above");
        Ok(())
    }
}

fn header(embedder_id: &str, dim: usize) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend((dim as u64).to_le_bytes());
    header.extend(blake3::hash(embedder_id.as_bytes()).as_bytes());
    header.extend(checksum(&[&header]));
    header
}

/// Opens a file that begins with `header`; makes it if it is not there.
fn open_with_header(path: &Path, header: &[u8]) -> Result<File, Error> {
    if !path.exists() {
        write_atomically(path, header)?;
    }
    let mut file =
        File::options().read(true).write(true).open(path).map_err(Error::file("open", path))?;
    let mut found = [0; HEADER_LEN];
    match file.read_exact(&mut found) {
        Ok(()) if found == header => Ok(file),
        _ => Err(Error::Damaged {
            what: path.display().to_string(),
            reason: "it does not begin as embeddings of this model do".to_owned(),
            help: "delete it; the embeddings are computed again".to_owned(),
        }),
    }
}

fn write_at(file: &mut File, at: usize, bytes: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(at as u64))?;
    file.write_all(bytes)?;
    file.sync_data()
}

fn checksum(parts: &[&[u8]]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut checksum = [0; 8];
    checksum.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    checksum
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use annota_core::item::ContentHash;

    use super::Matrix;

    fn rows(range: std::ops::Range<u16>) -> Vec<(ContentHash, Vec<f32>)> {
        let row = |it: u16| (ContentHash::of(&it.to_le_bytes()), vec![f32::from(it), 0.5, -1.0]);
        range.map(row).collect()
    }

    fn hashes(rows: &[(ContentHash, Vec<f32>)]) -> Vec<ContentHash> {
        rows.iter().map(|it| it.0).collect()
    }

    fn file(folder: &tempfile::TempDir, extension: &str) -> PathBuf {
        let files = fs::read_dir(folder.path()).expect("exists").map(|it| it.expect("ok").path());
        files.into_iter().find(|it| it.extension().is_some_and(|it| it == extension)).expect("made")
    }

    #[test]
    fn rows_come_back_in_any_order_and_after_reopening() {
        let folder = tempfile::tempdir().expect("a folder");
        let all = rows(0..100);
        let mut matrix = Matrix::open(folder.path(), "net", 3).expect("new");
        matrix.append(&all[..60]).expect("space");
        matrix.append(&all[40..]).expect("space");
        assert_eq!(matrix.len(), 100);

        let matrix = Matrix::open(folder.path(), "net", 3).expect("there");
        let mut wanted = all.clone();
        wanted.reverse();
        wanted.extend_from_slice(&all[10..20]);
        let values: Vec<f32> = wanted.iter().flat_map(|it| it.1.clone()).collect();
        assert_eq!(matrix.read(&hashes(&wanted)).expect("there"), values);
        assert!(!matrix.contains(&ContentHash::of(b"else")));
        assert!(Matrix::open(folder.path(), "another net", 3).expect("new").is_empty());
    }

    #[test]
    fn a_torn_tail_costs_only_what_is_torn() {
        for (extension, cut) in [("rows", 1), ("rows", 13), ("entries", 1), ("entries", 41)] {
            let folder = tempfile::tempdir().expect("a folder");
            let all = rows(0..10);
            Matrix::open(folder.path(), "net", 3).expect("new").append(&all).expect("space");
            let path = file(&folder, extension);
            let bytes = fs::read(&path).expect("there");
            fs::write(&path, &bytes[..bytes.len() - cut]).expect("there");

            let mut matrix = Matrix::open(folder.path(), "net", 3).expect("recovers");
            assert_eq!(matrix.len(), if cut == 1 { 9 } else { 8 }, "{extension} {cut}");
            matrix.append(&all).expect("space");
            let values: Vec<f32> = all.iter().flat_map(|it| it.1.clone()).collect();
            assert_eq!(matrix.read(&hashes(&all)).expect("there"), values);
        }
    }

    #[test]
    fn a_row_that_was_not_flushed_is_found_out() {
        let folder = tempfile::tempdir().expect("a folder");
        Matrix::open(folder.path(), "net", 3).expect("new").append(&rows(0..10)).expect("space");
        let path = file(&folder, "rows");
        let mut bytes = fs::read(&path).expect("there");
        let end = bytes.len();
        bytes[end - 24..].fill(0);
        fs::write(&path, &bytes).expect("there");
        assert_eq!(Matrix::open(folder.path(), "net", 3).expect("recovers").len(), 8);
    }

    #[test]
    fn another_length_is_refused_with_a_way_out() {
        let folder = tempfile::tempdir().expect("a folder");
        Matrix::open(folder.path(), "net", 3).expect("new");
        let error = Matrix::open(folder.path(), "net", 4).expect_err("another dim").to_string();
        assert!(error.contains("delete it"), "{error}");
    }
}
