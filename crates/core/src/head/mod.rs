//! Heads on frozen embeddings: what is learned from a few answers.
//!
//! [`class_model::ClassModel`] is the task model for items of one class: a
//! logistic regression ([`logistic`]) and label propagation on the neighbour
//! graph of the whole pool ([`graph`]), mixed as out-of-fold likelihood says
//! ([`stack`]). [`distil`] turns it into plain numbers for export. Nothing here
//! changes the embeddings' network; that is fine-tuning and lives elsewhere.

mod answers;
pub mod class_model;
mod curvature;
pub mod distil;
pub mod features;
pub mod graph;
pub mod logistic;
pub mod prepared;
pub mod principal;
mod signals;
mod softmax;
mod spread;
pub mod stack;
