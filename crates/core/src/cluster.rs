//! k-means on unit vectors: exact, mini-batch, two-level.
