//! From the bytes of a picture to what a network reads.

mod decode;
mod resize;

pub use decode::{MAX_PIXELS, Pixels, decode, dimensions};
pub use resize::{Preparation, prepare};
