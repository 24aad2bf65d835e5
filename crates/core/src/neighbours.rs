//! Nearest neighbours by cosine similarity.
