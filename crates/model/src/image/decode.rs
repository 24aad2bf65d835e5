//! Decoding pictures of any usual format to 8-bit RGB.
//!
//! The format is told by the content, never by a name. Sizes are checked before
//! anything is decoded. Orientation tags are honoured, alpha is laid over
//! white, 16 bits are scaled to 8, of an animation the first frame is taken.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use annota_core::diagnostic::Diagnostic;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    metadata::Orientation,
};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use super::tiff_palette;

/// Pictures with more pixels than this are not decoded.
pub const MAX_PIXELS: u64 = 100_000_000;

/// A decoded picture, 8-bit RGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// In pixels, above 0.
    pub width: u32,
    /// In pixels, above 0.
    pub height: u32,
    /// Shape `[height, width, 3]`.
    pub rgb: Vec<u8>,
}

/// Decodes the picture in `bytes`.
///
/// # Errors
///
/// A diagnostic without a place: the caller knows the item's name.
pub fn decode(bytes: &[u8]) -> Result<Pixels, Diagnostic> {
    let format = format_of(bytes)?;
    // Decoders are written by others for files written by anyone: a panic in
    // one of them costs this picture alone.
    let decoded = catch_unwind(AssertUnwindSafe(|| match format {
        ImageFormat::Jpeg => decode_jpeg(bytes),
        other => decode_other(bytes, other),
    }));
    match decoded {
        Ok(Ok(picture)) => {
            let (width, height) = picture.dimensions();
            Ok(Pixels { width, height, rgb: picture.into_raw() })
        }
        Ok(Err(problem)) => Err(problem),
        Err(_) => Err(damaged(format, "its decoder gave up")),
    }
}

/// Width and height in pixels as the header states them, without decoding.
pub fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let format = image::guess_format(bytes).ok()?;
    catch_unwind(AssertUnwindSafe(|| {
        ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().ok()
    }))
    .ok()?
}

fn problem(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new("", message)
}

fn damaged(format: ImageFormat, reason: &str) -> Diagnostic {
    let name = name_of(format);
    problem(format!("damaged {name}: {reason}")).help("replace the file, or leave it out")
}

fn name_of(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Tiff => "TIFF",
        _ => "picture",
    }
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, Diagnostic> {
    if bytes.is_empty() {
        return Err(problem("empty file").help("replace the file, or leave it out"));
    }
    let readable = "JPEG, PNG, WebP, GIF, BMP and TIFF can be read";
    match image::guess_format(bytes) {
        Ok(format) if format.reading_enabled() => Ok(format),
        Ok(format) => {
            let name = format.to_mime_type();
            Err(problem(format!("pictures of type {name} cannot be read")).help(readable))
        }
        Err(_) => Err(problem("not a picture of a known format").help(readable)),
    }
}

fn check_size(width: u64, height: u64) -> Result<(), Diagnostic> {
    if width == 0 || height == 0 {
        return Err(problem(format!("a picture of {width} x {height} pixels")));
    }
    if MAX_PIXELS < width.saturating_mul(height) {
        let limit = MAX_PIXELS / 1_000_000;
        return Err(problem(format!("a picture of {width} x {height} pixels"))
            .help(format!("scale it to at most {limit} megapixels, or cut it into pieces")));
    }
    Ok(())
}

fn decode_jpeg(bytes: &[u8]) -> Result<RgbImage, Diagnostic> {
    let failed = |reason: String| damaged(ImageFormat::Jpeg, &reason);
    // A file without an end marker is truncated unless every pixel is there,
    // which is what the decoder tells in strict mode.
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(!has_end_marker(bytes))
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| failed(e.to_string()))?;
    let (width, height) =
        decoder.dimensions().ok_or_else(|| failed("no size in its header".to_owned()))?;
    check_size(width as u64, height as u64)?;
    let pixels = decoder.decode().map_err(|e| match has_end_marker(bytes) {
        true => failed(e.to_string()),
        false => failed("it is truncated".to_owned()),
    })?;
    let orientation = decoder.exif().and_then(|it| Orientation::from_exif_chunk(it));
    let picture = RgbImage::from_raw(width as u32, height as u32, pixels)
        .ok_or_else(|| failed("it is truncated".to_owned()))?;
    Ok(oriented(picture, orientation.unwrap_or(Orientation::NoTransforms)))
}

/// Whether an end marker follows the start of the picture's data: one inside an
/// embedded thumbnail does not count.
fn has_end_marker(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xFF, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xFF => at += 1,
            0xDA => break,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    let data = bytes.get(at..).unwrap_or_default();
    data.windows(2).rev().any(|it| it == [0xFF, 0xD9])
}

fn decode_other(bytes: &[u8], format: ImageFormat) -> Result<RgbImage, Diagnostic> {
    if format == ImageFormat::Tiff
        && let Some((grey, palette)) = tiff_palette::as_grey(bytes)
    {
        return decode_other(&grey, format).map(|it| palette.colour(it));
    }
    let failed = |e: ImageError| match e {
        ImageError::Unsupported(e) => {
            problem(format!("a kind of {} that cannot be read: {e}", name_of(format)))
                .help("save it as PNG or JPEG")
        }
        e => damaged(format, &e.to_string()),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // Eight bytes a pixel at the size limit, and as much again to work in.
    let mut limits = Limits::default();
    limits.max_alloc = Some(16 * MAX_PIXELS);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    check_size(u64::from(width), u64::from(height))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    Ok(oriented(over_white(picture), orientation))
}

fn oriented(picture: RgbImage, orientation: Orientation) -> RgbImage {
    if orientation == Orientation::NoTransforms {
        return picture;
    }
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}

/// Lays a picture with transparency over white.
fn over_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    let mut rgb = Vec::with_capacity(picture.len() / 4 * 3);
    for pixel in picture.pixels() {
        let [colour @ .., alpha] = pixel.0;
        let alpha = u32::from(alpha);
        let blend = |it: u8| (u32::from(it) * alpha + 255 * (255 - alpha) + 127) / 255;
        rgb.extend(colour.map(|it| blend(it) as u8));
    }
    RgbImage::from_raw(picture.width(), picture.height(), rgb).expect("three bytes a pixel")
}
