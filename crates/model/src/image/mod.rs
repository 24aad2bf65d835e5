//! From the bytes of a picture to what a network reads, or a browser shows.

mod decode;
mod resize;
mod shrink;
mod tiff_palette;

pub use decode::{MAX_PIXELS, Pixels, decode, dimensions};
pub use resize::{Preparation, prepare};
pub use shrink::shrink;
