//! What Annota computes: values in, values out.
//!
//! Every decision the product makes (which item to ask about, which label to
//! give, how sure to be, how good the result is) is a pure function here. This
//! crate deliberately reads no file, no clock, no environment and no global
//! generator, logs nothing, and knows no network, database or user: the same
//! arguments give the same result.

// What everything is made of.
pub mod diagnostic;
pub mod item;
pub mod label;
pub mod matrix;
pub mod model;
pub mod pool;

// The loop, in its order: select, train, certify, and what to do next.
pub mod acquire;
pub mod certify;
pub mod forecast;
pub mod head;
pub mod rank;
pub mod steer;

// How good it is.
pub mod agree;
pub mod calibrate;
pub mod confident;
pub mod consensus;
pub mod information;
pub mod metric;

// In and out.
pub mod format;

// What the above is computed with.
pub mod cluster;
pub mod layout;
pub mod linalg;
pub mod neighbours;
