//! Confident learning: labels that deserve a doubt.
