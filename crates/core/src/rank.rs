//! The error ranker: which predictions are likely to be wrong.
