//! TIFF with a palette, which the decoder does not know: it is read as if it
//! were grey, and each grey is then the number of a colour.
//!
//! Source: TIFF Revision 6.0 (Aldus, 1992), sections 2 and 5.

use image::RgbImage;

const BITS_PER_SAMPLE: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const COLOUR_MAP: u16 = 320;
/// Values of `PHOTOMETRIC`: 0 is black, and a number in the colour map.
const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u16 = 3;
const N_COLOURS: usize = 256;

/// The colours of a picture, by number.
pub(super) struct Palette([[u8; 3]; N_COLOURS]);

impl Palette {
    /// Puts each colour in the place of its number.
    pub(super) fn colour(&self, mut numbers: RgbImage) -> RgbImage {
        numbers.pixels_mut().for_each(|it| it.0 = self.0[usize::from(it.0[0])]);
        numbers
    }
}

/// The same TIFF, its first picture grey, and the palette that gives its
/// colours; `None` if it is not one of 8 bits with a palette.
pub(super) fn as_grey(bytes: &[u8]) -> Option<(Vec<u8>, Palette)> {
    let file = Bytes { bytes, is_big_endian: bytes.starts_with(b"MM\0\x2A") };
    if !file.is_big_endian && !bytes.starts_with(b"II\x2A\0") {
        return None;
    }
    let photometric = file.field(PHOTOMETRIC)?;
    let is_palette = file.short(photometric + 8)? == PALETTE;
    if !is_palette || file.short(file.field(BITS_PER_SAMPLE)? + 8)? != 8 {
        return None;
    }
    let map = file.long(file.field(COLOUR_MAP)? + 8)?;
    let mut palette = [[0; 3]; N_COLOURS];
    for (number, colour) in palette.iter_mut().enumerate() {
        for (channel, value) in colour.iter_mut().enumerate() {
            let value_16 = file.short(map + 2 * (channel * N_COLOURS + number))?;
            *value = (value_16 >> 8) as u8;
        }
    }
    let mut grey = bytes.to_vec();
    let value = &mut grey[photometric + 8..photometric + 10];
    value.copy_from_slice(&match file.is_big_endian {
        true => BLACK_IS_ZERO.to_be_bytes(),
        false => BLACK_IS_ZERO.to_le_bytes(),
    });
    Some((grey, Palette(palette)))
}

/// A TIFF file, read at any place.
struct Bytes<'a> {
    bytes: &'a [u8],
    is_big_endian: bool,
}

impl Bytes<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let it = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_big_endian { u16::from_be_bytes(it) } else { u16::from_le_bytes(it) })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let it = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let it = if self.is_big_endian { u32::from_be_bytes(it) } else { u32::from_le_bytes(it) };
        usize::try_from(it).ok()
    }

    /// Where the 12 bytes of the field with `tag` begin, in the first directory.
    fn field(&self, tag: u16) -> Option<usize> {
        let directory = self.long(4)?;
        let n_fields = usize::from(self.short(directory)?);
        let mut places = (0..n_fields).map(|it| directory + 2 + 12 * it);
        places.find(|it| self.short(*it) == Some(tag))
    }
}
