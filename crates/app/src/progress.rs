//! How long work shows itself: a bar on a terminal, one line a second elsewhere,
//! nothing when told to be quiet.

use std::{
    io::IsTerminal,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use annota_engine::Watch;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{interrupt, report};

/// Between two lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(1);

/// The stage in which a person is asked, who sees how far they are.
const ASKING: &str = "annotate";

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Bar,
    Lines,
    Nothing,
}

/// Watches long stages for the user.
#[derive(Debug)]
pub(crate) struct Progress {
    show: Show,
    stage: Mutex<Option<Stage>>,
}

/// The stage being shown.
#[derive(Debug)]
struct Stage {
    name: &'static str,
    started: Instant,
    /// Work done when we began to watch: resumed work must not inflate the rate.
    already_done: u64,
    done: u64,
    total: Option<u64>,
    last_line: Option<Instant>,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Progress {
        let show = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Show::Nothing,
            (false, true) => Show::Bar,
            (false, false) => Show::Lines,
        };
        Progress { show, stage: Mutex::new(None) }
    }

    /// Ends the stage being shown, so that other output starts on a fresh line.
    pub(crate) fn finish(&self) {
        if let Some(stage) = self.stage().take() {
            stage.finish();
        }
    }

    fn stage(&self) -> MutexGuard<'_, Option<Stage>> {
        self.stage.lock().expect("nothing panics while it holds the stage")
    }
}

impl Watch for Progress {
    fn progress(&self, name: &'static str, done: u64, total: Option<u64>) {
        if self.show == Show::Nothing || name == ASKING {
            return;
        }
        let mut stage = self.stage();
        if stage.as_ref().is_none_or(|it| it.name != name)
            && let Some(before) = stage.replace(Stage::new(name, done, total, self.show))
        {
            before.finish();
        }
        let current = stage.as_mut().expect("set above");
        current.update(done, total);
        if total == Some(done)
            && let Some(complete) = stage.take()
        {
            complete.finish();
        }
    }

    fn note(&self, line: &str) {
        if self.show == Show::Nothing {
            return;
        }
        match self.stage().as_ref().and_then(|it| it.bar.as_ref()) {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    fn interrupted(&self) -> bool {
        interrupt::requested()
    }
}

impl Stage {
    fn new(name: &'static str, done: u64, total: Option<u64>, show: Show) -> Stage {
        let bar = (show == Show::Bar).then(|| bar(name, total));
        let started = Instant::now();
        Stage { name, started, already_done: done, done, total, last_line: None, bar }
    }

    fn update(&mut self, done: u64, total: Option<u64>) {
        (self.done, self.total) = (done, total);
        if let Some(bar) = &self.bar {
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(done);
            return;
        }
        let is_due = INTERVAL <= self.last_line.unwrap_or(self.started).elapsed();
        if !is_due || total == Some(done) {
            return;
        }
        self.last_line = Some(Instant::now());
        eprintln!("{}", line(self.name, done, total, self.rate()));
    }

    /// Items a second since we began to watch.
    fn rate(&self) -> f64 {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        self.done.saturating_sub(self.already_done) as f64 / seconds
    }

    fn finish(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        // Stages that end before a line was due stay silent.
        if self.bar.is_some() || INTERVAL <= self.started.elapsed() {
            let took = report::duration(self.started.elapsed());
            let done = report::count(self.done);
            eprintln!("{}: {done} in {took} ({})", self.name, per_second(self.rate()));
        }
    }
}

fn bar(name: &'static str, total: Option<u64>) -> ProgressBar {
    let template = match total {
        Some(_) => "{msg:10} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} left",
        None => "{msg:10} {spinner} {human_pos} {per_sec}",
    };
    let style = ProgressStyle::with_template(template).expect("a template of ours");
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.with_style(style).with_message(name)
}

/// `embed: 1,200 of 6,000 (153/s, 31 s left)`.
fn line(name: &str, done: u64, total: Option<u64>, rate: f64) -> String {
    let speed = per_second(rate);
    let Some(total) = total else { return format!("{name}: {} ({speed})", report::count(done)) };
    let (done_text, total_text) = (report::count(done), report::count(total));
    if rate <= 0.0 {
        return format!("{name}: {done_text} of {total_text}");
    }
    let left = Duration::from_secs_f64(total.saturating_sub(done) as f64 / rate);
    format!("{name}: {done_text} of {total_text} ({speed}, {} left)", report::duration(left))
}

fn per_second(rate: f64) -> String {
    if rate < 10.0 { format!("{rate:.1}/s") } else { format!("{}/s", report::count(rate as u64)) }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_tells_rate_and_time_left() {
        assert_eq!(
            line("embed", 1200, Some(6000), 150.0),
            "embed: 1,200 of 6,000 (150/s, 32 s left)"
        );
        assert_eq!(line("import", 1200, None, 2.5), "import: 1,200 (2.5/s)");
        assert_eq!(line("embed", 0, Some(10), 0.0), "embed: 0 of 10");
    }
}
