//! SVG to PNG.

use std::{borrow::Cow, io::Cursor};

use anyhow::{Context, bail};
use resvg::{tiny_skia, usvg};

/// `DejaVu Sans` reduced to Latin, Greek and signs, so that a plot looks the same
/// on a machine without fonts. Its licence lies beside it.
const FONT: &[u8] = include_bytes!("DejaVuSans.ttf");

/// `svg` as a PNG picture with `scale` pixels to the unit; 2 suits most screens.
///
/// Chinese, Japanese and Korean are set in a font of the system; where there is
/// none, the PNG shows `\u{FFFD}` in their place. The SVG always has them.
pub(crate) fn png(svg: &str, scale: f32) -> anyhow::Result<Vec<u8>> {
    let mut options =
        usvg::Options { font_family: "DejaVu Sans".to_owned(), ..usvg::Options::default() };
    options.fontdb_mut().load_font_data(FONT.to_vec());
    let mut svg = Cow::Borrowed(svg);
    let is_east_asian = |it: char| '\u{2E80}' <= it;
    if let Some(character) = svg.chars().find(|it| is_east_asian(*it)) {
        options.fontdb_mut().load_system_fonts();
        if !has_glyph(character, &options) {
            svg = Cow::Owned(svg.replace(is_east_asian, "\u{FFFD}"));
        }
    }
    let tree = usvg::Tree::from_str(&svg, &options).context("cannot draw the plot")?;
    let pixels = drawn(&tree, scale)?;
    let (width, height) = (pixels.width(), pixels.height());
    let picture =
        image::RgbaImage::from_raw(width, height, pixels.take()).context("cannot draw the plot")?;
    let picture = image::DynamicImage::from(picture).into_rgb8();
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).context("cannot write the plot")?;
    Ok(png.into_inner())
}

/// Whether some font can draw `character`: drawing it leaves a trace.
fn has_glyph(character: char, options: &usvg::Options) -> bool {
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"40\"><text x=\"5\" y=\"30\" font-size=\"20\">{character}</text></svg>"
    );
    let tree = usvg::Tree::from_str(&svg, options).ok();
    let pixels = tree.and_then(|it| drawn(&it, 1.0).ok());
    pixels.is_some_and(|it| it.data().iter().any(|it| *it < 0xFF))
}

fn drawn(tree: &usvg::Tree, scale: f32) -> anyhow::Result<tiny_skia::Pixmap> {
    let size = tree.size();
    let (width, height) = ((size.width() * scale).ceil(), (size.height() * scale).ceil());
    let Some(mut pixels) = tiny_skia::Pixmap::new(width as u32, height as u32) else {
        bail!("cannot draw a plot of {width} x {height} pixels");
    };
    pixels.fill(tiny_skia::Color::WHITE);
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(tree, transform, &mut pixels.as_mut());
    Ok(pixels)
}
