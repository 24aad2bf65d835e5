//! What to do next: ask, audit, or stop.
