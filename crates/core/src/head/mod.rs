//! Heads on frozen embeddings: what is learned from a few answers.
