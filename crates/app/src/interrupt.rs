//! Ctrl-C: the first asks for a stop at the next clean point, the second stops
//! at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// The one piece of global state: a signal has no other place to go.
static REQUESTED: AtomicBool = AtomicBool::new(false);

/// What a shell reports for a program that Ctrl-C ended.
const EXIT_CODE: i32 = 130;

/// Starts listening for Ctrl-C, `SIGTERM` and `SIGHUP`.
pub(crate) fn watch() {
    let listening = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            // A raw terminal would stay raw after the program is gone. That it
            // cannot be restored is no reason to stay.
            let _ = crossterm::terminal::disable_raw_mode();
            std::process::exit(EXIT_CODE);
        }
        eprintln!("\nstopping at the next clean point; Ctrl-C again stops at once");
    });
    listening.expect("this is the only place that asks for the signal");
}

/// Whether the user asked to stop.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
