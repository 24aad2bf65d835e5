//! A picture as a browser shows it: no larger than asked for, and encoded anew,
//! so that nothing of the file but its pixels reaches the page.

use annota_core::diagnostic::Diagnostic;
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};

use super::{Pixels, decode};

/// Up to this many pixels a picture is written as PNG: without loss, and hardly
/// larger than a JPEG.
const MOST_PNG_PIXELS: usize = 160 * 160;
/// Of JPEG, from 1 to 100: differences are not seen at this one.
const QUALITY: u8 = 88;

/// The picture in `bytes`, upright, with no side longer than `longest_side`
/// pixels, as JPEG or (if it is small) PNG. Pictures are never scaled up.
///
/// # Errors
///
/// As [`decode`]: a diagnostic without a place.
pub fn shrink(bytes: &[u8], longest_side: u32) -> Result<Vec<u8>, Diagnostic> {
    let pixels = decode(bytes)?;
    let longest = pixels.width.max(pixels.height);
    let pixels = if longest <= longest_side { pixels } else { scale(&pixels, longest_side) };
    Ok(encode(&pixels))
}

fn scale(pixels: &Pixels, longest_side: u32) -> Pixels {
    let (width, height) = (u64::from(pixels.width), u64::from(pixels.height));
    let longest = width.max(height);
    let scaled = |side: u64| {
        let rounded = (side * u64::from(longest_side) + longest / 2) / longest;
        u32::try_from(rounded).expect("at most the longest side").max(1)
    };
    let (width, height) = (scaled(width), scaled(height));
    let source = ImageRef::new(pixels.width, pixels.height, &pixels.rgb, PixelType::U8x3)
        .expect("three bytes a pixel");
    let mut target = Image::new(width, height, PixelType::U8x3);
    let algorithm = ResizeAlg::Convolution(FilterType::CatmullRom);
    let options = ResizeOptions::new().resize_alg(algorithm);
    Resizer::new().resize(&source, &mut target, &options).expect("both are U8x3 and not empty");
    Pixels { width, height, rgb: target.into_vec() }
}

fn encode(pixels: &Pixels) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (rgb, width, height) = (&pixels.rgb, pixels.width, pixels.height);
    let written = if rgb.len() <= 3 * MOST_PNG_PIXELS {
        PngEncoder::new(&mut bytes).write_image(rgb, width, height, ExtendedColorType::Rgb8)
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        encoder.write_image(rgb, width, height, ExtendedColorType::Rgb8)
    };
    written.expect("a Vec takes everything, and no side is longer than a JPEG's");
    bytes
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbImage};

    use super::{Pixels, encode, shrink};
    use crate::image::decode;

    /// Left half red, right half blue.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, _| {
            image::Rgb(if x < width / 2 { [255, 0, 0] } else { [0, 0, 255] })
        });
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).expect("written");
        bytes.into_inner()
    }

    fn shrunk(width: u32, height: u32, longest_side: u32) -> Pixels {
        let bytes = shrink(&png(width, height), longest_side).expect("a picture");
        decode(&bytes).expect("a picture")
    }

    #[test]
    fn the_longer_side_is_the_one_that_counts() {
        let sizes = |it: Pixels| (it.width, it.height);
        assert_eq!(sizes(shrunk(1000, 400, 96)), (96, 38));
        assert_eq!(sizes(shrunk(400, 1000, 96)), (38, 96));
        assert_eq!(sizes(shrunk(3000, 1, 96)), (96, 1));
        assert_eq!(sizes(shrunk(50, 40, 96)), (50, 40), "never larger");
    }

    #[test]
    fn it_shows_the_same_picture() {
        let small = shrunk(1000, 400, 640);
        let at = |x: usize, y: usize| {
            let from = 3 * (y * small.width as usize + x);
            [small.rgb[from], small.rgb[from + 1], small.rgb[from + 2]]
        };
        let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 4);
        assert!(near(at(100, 128), [255, 0, 0]), "{:?}", at(100, 128));
        assert!(near(at(500, 128), [0, 0, 255]), "{:?}", at(500, 128));
    }

    #[test]
    fn small_pictures_lose_nothing_and_large_ones_are_jpeg() {
        let rgb: Vec<u8> = (0..28 * 28 * 3).map(|it| (it * 37 % 251) as u8).collect();
        let pixels = Pixels { width: 28, height: 28, rgb };
        assert_eq!(decode(&encode(&pixels)).expect("a picture"), pixels);
        let large = shrink(&png(800, 600), 640).expect("a picture");
        assert_eq!(image::guess_format(&large).expect("known"), ImageFormat::Jpeg);
        assert!(shrink(b"<svg xmlns='http://www.w3.org/2000/svg'/>", 96).is_err());
    }
}
