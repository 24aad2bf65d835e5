//! What `annota doctor` tells: which runtimes there are, and how fast.

use std::{hint::black_box, io::Cursor, time::Instant};

use annota_core::{
    item::Media,
    model::{Embedder, Input},
};
use image::{ImageFormat, RgbImage};

use crate::{
    Error, ModelSpec, Runtime,
    backbone::Backbone,
    bundled::Files,
    catalogue::Entry,
    load,
    runtime::{self, onnxruntime},
};

/// One runtime on this machine.
#[derive(Clone, Debug)]
pub struct RuntimeReport {
    /// Which.
    pub runtime: Runtime,
    /// Version and place, or why it cannot be used.
    pub state: Result<String, String>,
    /// Whether models run on it unless told otherwise.
    pub is_default: bool,
}

/// Every runtime, with whether it can be used here.
pub fn runtimes() -> Vec<RuntimeReport> {
    let default = runtime::select(None).ok();
    let library = onnxruntime::library();
    let library = library.map(|it| format!("{}, {}", it.version, it.path.display()));
    let report =
        |runtime, state| RuntimeReport { runtime, state, is_default: default == Some(runtime) };
    vec![
        report(Runtime::Rten, Ok(format!("{}, part of this program", runtime::RTEN_VERSION))),
        report(Runtime::OnnxRuntime, library.map_err(|e| e.to_string())),
    ]
}

/// Items a second of the model that `spec` names, all cores, from encoded
/// pictures of 320 x 240 pixels or sentences of about 25 words. Takes about a
/// second and a half.
///
/// # Errors
///
/// As for [`load`]; [`Error::Runtime`] if an item fails.
pub fn items_per_second(spec: &ModelSpec) -> Result<f64, Error> {
    let embedder = load(spec)?;
    let picture = sample_picture();
    let run = || embed_samples(embedder.as_ref(), &spec.name, &picture);
    // Once without the watch: sessions are made when they are first used.
    run()?;
    let start = Instant::now();
    let mut n_items = 0;
    while start.elapsed().as_secs_f64() < 1.0 {
        n_items += black_box(run())?;
    }
    Ok(n_items as f64 / start.elapsed().as_secs_f64())
}

/// Runs the model that `entry` describes on a few items, from `files` that need
/// not be kept yet.
///
/// # Errors
///
/// As for [`items_per_second`].
pub fn try_out(entry: &Entry, files: &Files) -> Result<(), Error> {
    let spec = ModelSpec::new(entry.name.as_str());
    let embedder = Backbone::from_files(entry, files, &spec)?;
    embed_samples(&embedder, &entry.name, &sample_picture()).map(drop)
}

/// Embeds a few items at once, so that a slow machine is not kept busy for
/// minutes; how many.
fn embed_samples(embedder: &dyn Embedder, name: &str, picture: &[u8]) -> Result<usize, Error> {
    const SENTENCE: &str = "The room was larger than in the pictures and very quiet at night, but \
                            breakfast was cold both times and nobody at the desk seemed to care.";
    let input = match embedder.media() {
        Media::Image => Input::Image(picture),
        Media::Text => Input::Text(SENTENCE),
    };
    let inputs = vec![input; 4 * rayon::current_num_threads()];
    match embedder.embed(&inputs).into_iter().find_map(Result::err) {
        Some(problem) => Err(Error::Runtime {
            runtime: "the trial",
            model: name.to_owned(),
            reason: problem.message,
        }),
        None => Ok(inputs.len()),
    }
}

/// A JPEG with edges and gradients, as photographs have.
fn sample_picture() -> Vec<u8> {
    let picture = RgbImage::from_fn(320, 240, |x, y| {
        let wave = ((x * x + y * y) / 97 % 256) as u8;
        image::Rgb([(x * 255 / 320) as u8, (y * 255 / 240) as u8, wave])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).expect("written to memory");
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::{items_per_second, runtimes};
    use crate::{ModelSpec, Runtime};

    #[test]
    fn rten_is_always_there_and_one_runtime_is_the_default() {
        let reports = runtimes();
        let rten = reports.iter().find(|it| it.runtime == Runtime::Rten).expect("listed");
        assert!(rten.state.is_ok());
        assert_eq!(reports.iter().filter(|it| it.is_default).count(), 1);
        assert!(reports.iter().all(|it| it.state.is_ok() || !it.is_default));
    }

    #[test]
    fn speed_is_measured() {
        let spec = ModelSpec::parse("efficientnet-lite0@160").expect("a spec");
        assert!(0.0 < items_per_second(&spec).expect("it runs"));
    }
}
