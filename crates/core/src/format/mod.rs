//! File formats: bytes in, values and diagnostics out, and back.
