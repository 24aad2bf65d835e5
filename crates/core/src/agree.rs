//! Agreement between annotators: kappa, Krippendorff's alpha.
