//! Entropy and mutual information of labels.
