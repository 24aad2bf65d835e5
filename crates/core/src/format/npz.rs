//! `NumPy`'s `.npz` in the layout of `MedMNIST`: `train_images`, `train_labels`
//! and so on, 8-bit grey or colour. Reads no other types and no pickled arrays.

use std::{
    io::{self, Read, Seek},
    ops::ControlFlow,
};

use npyz::zip::ZipArchive;

use super::{ImageRecord, Pixels, thousands, unreadable};
use crate::diagnostic::Diagnostic;

/// Shows every picture of the file to `visit`, split by split in the order
/// train, val, test, others by name, until it breaks off. Memory holds the
/// labels and one picture at a time.
///
/// # Errors
///
/// If it is no `.npz` file or holds no array called `images` or `…_images`.
pub fn visit<R: Read + Seek>(
    input: R,
    visit: &mut dyn FnMut(Result<ImageRecord, Diagnostic>) -> ControlFlow<()>,
) -> Result<(), Diagnostic> {
    let mut archive = ZipArchive::new(input)
        .map_err(|error| Diagnostic::new("start", format!("not an .npz file: {error}")))?;
    let mut splits: Vec<String> = archive
        .file_names()
        .filter_map(|it| it.strip_suffix("images.npy"))
        .filter(|it| it.is_empty() || it.ends_with('_'))
        .map(str::to_owned)
        .collect();
    let order = |it: &String| ["train_", "val_", "test_"].iter().position(|known| known == it);
    splits.sort_by_key(|it| (order(it).unwrap_or(usize::MAX), it.clone()));
    if splits.is_empty() {
        let found: Vec<&str> = archive.file_names().take(10).collect();
        let message = format!("no array `train_images`; found: {}", found.join(", "));
        return Err(Diagnostic::new("start", message)
            .help("save the pictures as `train_images`, shape [n, height, width] or [n, height, width, 3]"));
    }
    for split in splits {
        let flow = match visit_split(&mut archive, &split, visit) {
            Ok(flow) => flow,
            Err(diagnostic) => visit(Err(diagnostic)),
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

fn visit_split<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    split: &str,
    visit: &mut dyn FnMut(Result<ImageRecord, Diagnostic>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Diagnostic> {
    let labels = labels(archive, split)?;
    let place = format!("{split}images");
    let broken = |message: String| Diagnostic::new(place.clone(), message);
    let mut entry =
        archive.by_name(&format!("{split}images.npy")).map_err(|it| broken(it.to_string()))?;
    let header = NpyHeader::read(&mut entry).map_err(broken)?;
    let (n, frame) = header.frames().map_err(broken)?;
    if let Some(labels) = labels.as_ref().filter(|it| it.len() as u64 != n) {
        let message = format!("{} images, {} labels", thousands(n), thousands(labels.len() as u64));
        return Err(broken(message));
    }
    for i in 0..n {
        let place = format!("{place}[{i}]");
        let mut values = Vec::new();
        let wanted = frame.len() as u64;
        let n_read = entry.by_ref().take(wanted).read_to_end(&mut values);
        let whole = match n_read {
            Err(error) => Err(unreadable(&place, &error)),
            Ok(n_read) if (n_read as u64) < wanted => {
                let message = format!("the file ends here, {} images were promised", thousands(n));
                Err(Diagnostic::new(&place, message))
            }
            Ok(_) => Ok(()),
        };
        if let Err(diagnostic) = whole {
            return Ok(visit(Err(diagnostic)));
        }
        let label = labels.as_ref().and_then(|it| it[usize::try_from(i).ok()?].clone());
        let name = match split.strip_suffix('_') {
            Some(split) => format!("{split}/{i:05}"),
            None => format!("{i:05}"),
        };
        if visit(Ok(ImageRecord { name, pixels: frame.pixels(values), label, place })).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The labels of `split`, as numbers written out; none if there is no array.
fn labels<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    split: &str,
) -> Result<Option<Vec<Option<String>>>, Diagnostic> {
    let place = format!("{split}labels");
    let broken = |message: String| Diagnostic::new(place.clone(), message);
    let Ok(mut entry) = archive.by_name(&format!("{split}labels.npy")) else { return Ok(None) };
    let header = NpyHeader::read(&mut entry).map_err(broken)?;
    let n = match header.shape[..] {
        [n] | [n, 1] => n,
        [_, several] => {
            return Err(broken(format!("{several} labels an image, expected one")));
        }
        _ => return Err(broken(format!("shape {:?}, expected [n] or [n, 1]", header.shape))),
    };
    let width = header.integer_width().map_err(broken)?;
    let mut bytes = Vec::new();
    let wanted = n.saturating_mul(width as u64);
    entry.take(wanted).read_to_end(&mut bytes).map_err(|it| unreadable(&place, &it))?;
    if (bytes.len() as u64) < wanted {
        return Err(broken(format!("the array ends before its {} labels", thousands(n))));
    }
    let is_signed = header.descr.contains('i');
    let is_little = !header.descr.starts_with('>');
    let number = |it: &[u8]| integer(it, is_signed, is_little).to_string();
    Ok(Some(bytes.chunks_exact(width).map(|it| Some(number(it))).collect()))
}

/// The integer of 1 to 8 bytes, two's complement if signed.
fn integer(bytes: &[u8], is_signed: bool, is_little: bool) -> i128 {
    let fold = |value: i128, byte: &u8| value << 8 | i128::from(*byte);
    let value =
        if is_little { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) };
    let bits = 8 * bytes.len();
    let is_negative = is_signed && value >> (bits - 1) & 1 == 1;
    if is_negative { value - (1 << bits) } else { value }
}

/// What the pictures of an array have in common.
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: u8,
}

/// Pictures above this many bytes are taken for nonsense in a header.
const MAX_FRAME_LEN: u64 = 1 << 30;

impl Frame {
    /// The frame of `height` x `width` pixels, or what is wrong with that.
    pub(super) fn new(height: u64, width: u64, channels: u64) -> Result<Frame, String> {
        let len = height.checked_mul(width).and_then(|it| it.checked_mul(channels));
        let fits = len.is_some_and(|it| 0 < it && it <= MAX_FRAME_LEN);
        if !fits || ![1, 3, 4].contains(&channels) {
            return Err(format!(
                "images of {height} x {width} x {channels}, expected 1, 3 or 4 channels and at most 1 GiB"
            ));
        }
        let (width, height) = (u32::try_from(width), u32::try_from(height));
        let (Ok(width), Ok(height)) = (width, height) else { return Err("too wide".to_owned()) };
        Ok(Frame { width, height, channels: channels as u8 })
    }

    pub(super) fn len(&self) -> usize {
        self.width as usize * self.height as usize * usize::from(self.channels)
    }

    pub(super) fn pixels(&self, values: Vec<u8>) -> Pixels {
        Pixels { width: self.width, height: self.height, channels: self.channels, values }
    }
}

/// The head of a `.npy` file.
struct NpyHeader {
    descr: String,
    is_fortran: bool,
    shape: Vec<u64>,
}

impl NpyHeader {
    fn read(input: &mut impl Read) -> Result<NpyHeader, String> {
        let fixed = |error: io::Error| format!("no .npy header: {error}");
        let mut magic = [0; 8];
        input.read_exact(&mut magic).map_err(fixed)?;
        if &magic[..6] != b"\x93NUMPY" {
            return Err("no .npy header".to_owned());
        }
        let n_len = if magic[6] == 1 { 2 } else { 4 };
        let mut len = [0; 4];
        input.read_exact(&mut len[..n_len]).map_err(fixed)?;
        let len = u64::from(u32::from_le_bytes(len)).min(1 << 16);
        let mut text = Vec::new();
        input.take(len).read_to_end(&mut text).map_err(fixed)?;
        NpyHeader::parse(&String::from_utf8_lossy(&text))
            .ok_or_else(|| "the .npy header cannot be read".to_owned())
    }

    /// The header from the dictionary `NumPy` writes.
    fn parse(text: &str) -> Option<NpyHeader> {
        let value = |key: &str| {
            let rest = text.split_once(&format!("'{key}'"))?.1;
            Some(rest.trim_start().strip_prefix(':')?.trim_start())
        };
        let descr = value("descr")?.strip_prefix('\'')?.split_once('\'')?.0.to_owned();
        let is_fortran = value("fortran_order")?.starts_with("True");
        let shape = value("shape")?.strip_prefix('(')?.split_once(')')?.0;
        let dimensions = shape.split(',').map(str::trim).filter(|it| !it.is_empty());
        let shape: Option<Vec<u64>> = dimensions.map(|it| it.parse().ok()).collect();
        Some(NpyHeader { descr, is_fortran, shape: shape? })
    }

    /// Number and frame of the pictures in this array.
    fn frames(&self) -> Result<(u64, Frame), String> {
        if !["|u1", "u1", "<u1", ">u1", "|b1"].contains(&self.descr.as_str()) {
            return Err(format!("images of type `{}`, expected 8-bit (`|u1`)", self.descr));
        }
        if self.is_fortran {
            return Err("images in Fortran order, expected C order".to_owned());
        }
        match self.shape[..] {
            [n, height, width] => Ok((n, Frame::new(height, width, 1)?)),
            [n, height, width, channels] => Ok((n, Frame::new(height, width, channels)?)),
            _ => Err(format!(
                "shape {:?}, expected [n, height, width] or [n, height, width, 3]",
                self.shape
            )),
        }
    }

    /// Bytes of one element, if it is an integer.
    fn integer_width(&self) -> Result<usize, String> {
        let known = self.descr.trim_start_matches(['<', '>', '|', '=']);
        match known {
            "u1" | "i1" | "b1" => Ok(1),
            "u2" | "i2" => Ok(2),
            "u4" | "i4" => Ok(4),
            "u8" | "i8" => Ok(8),
            _ => Err(format!("labels of type `{}`, expected integers", self.descr)),
        }
    }
}
