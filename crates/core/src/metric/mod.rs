//! How good labels are, with intervals.
//!
//! Labels are held against reference answers to a uniform sample of the items
//! (the audit, or random answers; never items a query strategy chose). Every
//! figure comes with the interval that sampling leaves open, or says that
//! there is not enough data; there are no bare numbers here. Whether a target
//! is *guaranteed* is decided by [`crate::certify`], which is exact.

pub mod confusion;
pub mod interval;
pub mod summary;
