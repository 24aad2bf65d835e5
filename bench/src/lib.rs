//! What the benches share: the processor's time, which says more than the
//! clock's where other work is on the same cores.

use std::fs;

/// Clock ticks a second in `/proc`, the same on every Linux that is in use.
const TICKS: f64 = 100.0;

/// Seconds that all threads of this process have computed and, with
/// `children`, those of its children that have ended; `None` where there is no
/// `/proc`.
pub fn cpu_seconds(children: bool) -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold spaces; it stands in brackets.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let own = ticks(11)? + ticks(12)?;
    let ended = if children { ticks(13)? + ticks(14)? } else { 0.0 };
    Some((own + ended) / TICKS)
}
