//! IDX, the format of MNIST: pictures in one file, labels in another, either
//! of them gzipped or not. Reads 8-bit files only.

use std::io::{BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::{ImageRecord, extension, npz::Frame, thousands, unreadable};
use crate::diagnostic::Diagnostic;

/// Whether the file `name` is called as the picture files of this format are.
pub fn is_images(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["idx3", "idx4"]
        .iter()
        .any(|it| name.contains(&format!("{it}-ubyte")) || extension(&name) == *it)
}

/// Whether the file `name` is called as the label files of this format are.
pub fn is_labels(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("idx1-ubyte") || extension(&name) == "idx1"
}

/// What the label file beside the picture file `name` is called, with and
/// without `.gz`.
pub fn label_names(name: &str) -> Vec<String> {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let labels = plain.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1");
    vec![labels.clone(), format!("{labels}.gz")]
}

/// The pictures of `images`, one at a time, with the labels of
/// [`labels`] if there are any.
///
/// # Errors
///
/// If the header is not that of 8-bit pictures, or the two files do not match.
pub fn images<'a, R: Read + Send + 'a>(
    images: R,
    labels: Option<Vec<u8>>,
) -> Result<Images<'a>, Diagnostic> {
    let mut input = unzipped(images)?;
    let shape = shape(&mut input)?;
    let broken = |message: String| Diagnostic::new("start", message);
    let (n, frame) = match shape[..] {
        [n, height, width] => (n, Frame::new(height, width, 1)),
        [n, height, width, channels] => (n, Frame::new(height, width, channels)),
        _ => return Err(broken(format!("{} dimensions, images have 3 or 4", shape.len()))),
    };
    let frame = frame.map_err(broken)?;
    if let Some(labels) = labels.as_ref().filter(|it| it.len() as u64 != n) {
        let message = format!("{} images, {} labels", thousands(n), thousands(labels.len() as u64));
        return Err(broken(message));
    }
    Ok(Images { input, frame, n, n_read: 0, labels })
}

/// The class numbers of a label file.
///
/// # Errors
///
/// If the header is not that of 8-bit labels, or the file ends too early.
pub fn labels<R: Read + Send>(input: R) -> Result<Vec<u8>, Diagnostic> {
    let mut input = unzipped(input)?;
    let shape = shape(&mut input)?;
    let [n] = shape[..] else {
        let message = format!("{} dimensions, labels have 1", shape.len());
        return Err(Diagnostic::new("start", message));
    };
    let mut labels = Vec::new();
    input.take(n).read_to_end(&mut labels).map_err(|it| unreadable("start", &it))?;
    if (labels.len() as u64) < n {
        let (found, promised) = (thousands(labels.len() as u64), thousands(n));
        return Err(Diagnostic::new(
            "end",
            format!("{found} labels, the header promises {promised}"),
        ));
    }
    Ok(labels)
}

/// An iterator over the pictures of an IDX file.
pub struct Images<'a> {
    input: Box<dyn Read + Send + 'a>,
    frame: Frame,
    n: u64,
    n_read: u64,
    labels: Option<Vec<u8>>,
}

impl Iterator for Images<'_> {
    type Item = Result<ImageRecord, Diagnostic>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.n <= self.n_read {
            return None;
        }
        let row = usize::try_from(self.n_read).ok()?;
        let place = format!("image {}", self.n_read + 1);
        let wanted = self.frame.len() as u64;
        let mut values = Vec::new();
        match self.input.by_ref().take(wanted).read_to_end(&mut values) {
            Ok(n_read) if n_read as u64 == wanted => self.n_read += 1,
            Ok(_) => {
                let message =
                    format!("the file ends here, {} images were promised", thousands(self.n));
                self.n_read = self.n;
                return Some(Err(Diagnostic::new(place, message)));
            }
            Err(error) => {
                self.n_read = self.n;
                return Some(Err(unreadable(&place, &error)));
            }
        }
        let label = self.labels.as_ref().map(|it| it[row].to_string());
        let pixels = self.frame.pixels(values);
        Some(Ok(ImageRecord { name: format!("{row:05}"), pixels, label, place }))
    }
}

/// `input` with gzip undone if it is gzipped.
fn unzipped<'a, R: Read + Send + 'a>(
    mut input: R,
) -> Result<Box<dyn Read + Send + 'a>, Diagnostic> {
    let mut start = Vec::new();
    input.by_ref().take(2).read_to_end(&mut start).map_err(|it| unreadable("start", &it))?;
    let is_zipped = start == [0x1F, 0x8B];
    let input = Cursor::new(start).chain(input);
    Ok(if is_zipped {
        Box::new(BufReader::new(MultiGzDecoder::new(input)))
    } else {
        Box::new(BufReader::new(input))
    })
}

/// The dimensions in the header of an 8-bit IDX file.
fn shape(input: &mut impl Read) -> Result<Vec<u64>, Diagnostic> {
    let mut word = || {
        let mut word = [0; 4];
        input.read_exact(&mut word).map(|()| word)
    };
    let not_idx = || Diagnostic::new("start", "not an IDX file of 8-bit values");
    let [0, 0, 8, n_dimensions @ 1..=4] = word().map_err(|_| not_idx())? else {
        return Err(not_idx());
    };
    let dimensions = (0..n_dimensions).map(|_| word().map(|it| u64::from(u32::from_be_bytes(it))));
    dimensions.collect::<Result<_, _>>().map_err(|_| not_idx())
}
