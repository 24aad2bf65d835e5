//! `make bench-load`: many people on one server, over loopback.
//!
//! Makes projects of 10,000, 100,000 and 1,000,000 texts with embeddings drawn
//! around the centres of their classes, serves each with `annota serve`, and
//! answers as people do, while the model trains on what they say. `SETS` picks
//! among `refresh`, `crowd` and `million`; `PEOPLE` (100) and `WORK_SECONDS`
//! (30) bound it. It says nothing about labels: those are made to be easy.
//! `SETS=pool` measures nothing and leaves 100,000 items for `make bench-map`.

mod person;
mod pool;
mod server;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use person::Person;
use server::Server;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// How long a person looks at an item.
const LOOK: Duration = Duration::from_secs(1);
/// The stated bounds: next item, and the queue after an answer.
const NEXT_MS: f64 = 50.0;
const REFRESH_MS: f64 = 300.0;

struct Bench {
    annota: PathBuf,
    folder: PathBuf,
    n_people: usize,
    work: Duration,
}

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1).map(PathBuf::from);
    let annota = arguments.next().ok_or("which program?")?;
    let folder = arguments.next().ok_or("which folder to work in?")?;
    let number = |name: &str, usual: u64| env::var(name).map_or(Ok(usual), |it| it.parse());
    let bench = Bench {
        annota: fs::canonicalize(annota)?,
        folder,
        n_people: usize::try_from(number("PEOPLE", 100)?)?,
        work: Duration::from_secs(number("WORK_SECONDS", 30)?),
    };
    let wanted = env::var("SETS").unwrap_or_default();
    let is_wanted = |set: &str| wanted.is_empty() || wanted.split(',').any(|it| it == set);
    if is_wanted("refresh") {
        bench.refresh()?;
    }
    if is_wanted("crowd") {
        bench.crowd()?;
    }
    if is_wanted("million") {
        bench.million()?;
    }
    if wanted == "pool" {
        pool::make(&bench.folder, 100_000)?;
    }
    Ok(())
}

impl Bench {
    fn serve(&self, name: &str, n_items: u32) -> Result<Server, Failure> {
        let project = self.folder.join(name);
        if project.exists() {
            fs::remove_dir_all(&project)?;
        }
        let began = Instant::now();
        pool::make(&project, n_items)?;
        eprintln!("{name}: {n_items} items made in {:.0} s", began.elapsed().as_secs_f64());
        Server::start(&self.annota, &project)
    }

    /// How long the queue and the model take to know of an answer.
    fn refresh(&self) -> Result<(), Failure> {
        const SET: &str = "10,000 items";
        let server = self.serve("refresh.annota", 10_000)?;
        let person = Person::local(&server);
        person.wait_for_questions()?;
        while person.n_learned()? == 0 {
            person.answer_one()?;
        }
        let mut refreshes = Vec::new();
        for _ in 0..150 {
            let before = person.n_learned()?;
            person.answer_one()?;
            let answered = Instant::now();
            while person.n_learned()? <= before && answered.elapsed() < Duration::from_mins(1) {
                thread::sleep(Duration::from_millis(2));
            }
            refreshes.push(answered.elapsed());
        }
        tell_quantiles(SET, "queue refreshed after an answer", &mut refreshes, Some(REFRESH_MS));
        Ok(())
    }

    /// Many people at an easy pace, and then as fast as the server can.
    fn crowd(&self) -> Result<(), Failure> {
        let set = format!("{} people, 100,000 items", self.n_people);
        let server = self.serve("crowd.annota", 100_000)?;
        let people = Person::crowd(&server, self.n_people)?;
        people[0].wait_for_questions()?;
        let paced = work(&people, self.work, LOOK)?;
        paced.tell(&format!("{set}, an answer a second each"));
        let flat_out = work(&people, self.work, Duration::ZERO)?;
        flat_out.tell(&format!("{set}, without a pause"));
        tell(&set, "memory", server.peak_mib()?, "MiB", None);
        Ok(())
    }

    /// One person on very many items, while the model trains.
    fn million(&self) -> Result<(), Failure> {
        const SET: &str = "1,000,000 items";
        let server = self.serve("million.annota", 1_000_000)?;
        let person = Person::local(&server);
        let began = Instant::now();
        person.wait_for_questions()?;
        tell(SET, "until the first question", began.elapsed().as_secs_f64(), "s", None);
        let people = [person];
        let worked = work(&people, self.work, Duration::from_millis(200))?;
        worked.tell(SET);
        let [person] = &people;
        let (mut first, mut deep) = person.page(100)?;
        tell_quantiles(SET, "first page of a list", &mut first, None);
        tell_quantiles(SET, "a page further down", &mut deep, None);
        tell(SET, "memory", server.peak_mib()?, "MiB", None);
        Ok(())
    }
}

/// What people waited for.
#[derive(Default)]
struct Worked {
    next: Vec<Duration>,
    answer: Vec<Duration>,
    seconds: f64,
}

impl Worked {
    fn tell(mut self, set: &str) {
        let n_answers = self.answer.len() as f64;
        tell(set, "answers", n_answers / self.seconds, "answers/s", None);
        tell_quantiles(set, "next item", &mut self.next, Some(NEXT_MS));
        tell_quantiles(set, "answer stored", &mut self.answer, None);
    }
}

/// Lets `people` answer for `time`, each with `pause` from one question to the next.
fn work(people: &[Person], time: Duration, pause: Duration) -> Result<Worked, Failure> {
    let began = Instant::now();
    let n_people = u32::try_from(people.len())?;
    let parts = thread::scope(|scope| {
        let start = |(at, person): (u32, _)| {
            // Not all in step.
            let delay = pause * at / n_people.max(1);
            scope.spawn(move || work_alone(person, began + time, delay, pause))
        };
        let threads: Vec<_> = (0..).zip(people).map(start).collect();
        threads.into_iter().map(|it| it.join().expect("no panic")).collect::<Vec<_>>()
    });
    let mut worked = Worked { seconds: began.elapsed().as_secs_f64(), ..Worked::default() };
    for part in parts {
        let part = part?;
        worked.next.extend(part.next);
        worked.answer.extend(part.answer);
    }
    Ok(worked)
}

fn work_alone(
    person: &Person,
    until: Instant,
    delay: Duration,
    pause: Duration,
) -> Result<Worked, Failure> {
    let mut worked = Worked::default();
    thread::sleep(delay);
    while Instant::now() < until {
        let began = Instant::now();
        let (next, answer) = person.answer_one()?;
        worked.next.push(next);
        worked.answer.extend(answer);
        thread::sleep(pause.saturating_sub(began.elapsed()));
    }
    Ok(worked)
}

fn tell_quantiles(set: &str, what: &str, times: &mut [Duration], bound_ms: Option<f64>) {
    times.sort_unstable();
    for (name, share) in [("p50", 0.50), ("p95", 0.95), ("p99", 0.99)] {
        let at = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len().max(1)) - 1;
        let Some(time) = times.get(at) else { continue };
        let bound_ms = bound_ms.filter(|_| name == "p99");
        tell(set, &format!("{what}, {name}"), 1e3 * time.as_secs_f64(), "ms", bound_ms);
    }
}

/// One figure: a row of the table, and a line of JSON.
fn tell(set: &str, what: &str, ours: f64, unit: &str, bound: Option<f64>) {
    let shown = bound.map_or(String::new(), |it| format!("  (at most {it})"));
    eprintln!("{set:50} {what:36} {ours:10.1} {unit}{shown}");
    let ours = (10.0 * ours).round() / 10.0;
    let line = serde_json::json!({
        "bench": "load", "set": set, "what": what, "ours": ours, "unit": unit, "bound": bound,
    });
    println!("{line}");
}

/// Where a project's files are, for errors.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}
