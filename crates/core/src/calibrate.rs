//! Calibration: temperature, ECE, reliability.
