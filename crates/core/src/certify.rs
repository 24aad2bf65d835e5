//! The audit and its exact test: how many final labels can be wrong.
