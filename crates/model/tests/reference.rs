//! The whole way from bytes to embeddings, against Pillow, tokenizers and
//! onnxruntime from Python, on every runtime that is here.

use std::{collections::BTreeMap, fs, path::PathBuf};

use annota_core::model::{Embedder, Input};
use annota_model::{
    ExportHead, ModelSpec, Runtime, export_onnx, image, load,
    runtime::{self, Graph, Values},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    pictures: BTreeMap<String, Picture>,
    texts: Vec<String>,
    #[serde(rename = "all-minilm-l6-v2")]
    minilm: Vec<Vec<f32>>,
    #[serde(rename = "multilingual-e5-small-zh-en")]
    e5: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Picture {
    size: (u32, u32),
    grid: Vec<i32>,
    every_fifth: Vec<f32>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../reference/embeddings.json")).expect("our own file")
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(folder.join(name)).expect("our own file")
}

/// rten, and onnxruntime where it is found.
fn runtimes() -> Vec<Runtime> {
    let found = runtime::onnxruntime::library().is_ok();
    if found { vec![Runtime::Rten, Runtime::OnnxRuntime] } else { vec![Runtime::Rten] }
}

fn embedder(name: &str, runtime: Runtime) -> Box<dyn Embedder> {
    let spec = ModelSpec { runtime: Some(runtime), ..ModelSpec::parse(name).expect("a spec") };
    load(&spec).expect("bundled")
}

fn embed(embedder: &dyn Embedder, inputs: &[Input<'_>]) -> Vec<Vec<f32>> {
    embedder.embed(inputs).into_iter().map(|it| it.expect("embedded")).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn pictures_of_every_kind_are_decoded_as_pillow_does() {
    for (name, expected) in reference().pictures {
        let pixels = image::decode(&fixture(&name)).expect("readable");
        assert_eq!((pixels.width, pixels.height), expected.size, "{name}");
        let grid = grid(&pixels);
        let off = grid.iter().zip(&expected.grid).map(|(a, b)| (a - b).abs()).max();
        assert!(off <= Some(3), "{name}: {grid:?} instead of {:?}", expected.grid);
    }
}

/// Mean colour of 4 x 4 boxes, as Pillow's `BOX` filter gives it.
fn grid(pixels: &image::Pixels) -> Vec<i32> {
    let (width, height) = (f64::from(pixels.width), f64::from(pixels.height));
    let mut sums = vec![[0.0, 0.0, 0.0, 0.0]; 16];
    for (at, pixel) in pixels.rgb.chunks_exact(3).enumerate() {
        let (x, y) = (at % pixels.width as usize, at / pixels.width as usize);
        let cell = |at: usize, side: f64| ((at as f64 + 0.5) * 4.0 / side) as usize;
        let sum = &mut sums[cell(y, height) * 4 + cell(x, width)];
        pixel.iter().zip(sum.iter_mut()).for_each(|(it, sum)| *sum += f64::from(*it));
        sum[3] += 1.0;
    }
    let mean = |sum: &[f64; 4]| [0, 1, 2].map(|it| (sum[it] / sum[3]).round() as i32);
    sums.iter().flat_map(mean).collect()
}

#[test]
fn pictures_have_the_embeddings_of_pillow_and_onnxruntime() {
    let reference = reference();
    let bytes: Vec<Vec<u8>> = reference.pictures.keys().map(|it| fixture(it)).collect();
    let inputs: Vec<Input<'_>> = bytes.iter().map(|it| Input::Image(it)).collect();
    for runtime in runtimes() {
        let embedder = embedder("efficientnet-lite0@96", runtime);
        let embeddings = embed(embedder.as_ref(), &inputs);
        for ((name, expected), got) in reference.pictures.iter().zip(&embeddings) {
            let got: Vec<f32> = got.iter().step_by(5).copied().collect();
            let cosine = cosine(&got, &expected.every_fifth);
            // The least measured: .9993; decoders differ by up to 3 levels,
            // resizing by rounding. With the other filter alpha.png has .9915.
            assert!(0.998 <= cosine, "{name} on {runtime}: {cosine}");
        }
        let alone = embed(embedder.as_ref(), &inputs[3..4]);
        assert_eq!(alone[0], embeddings[3], "a batch of one is a batch of many");
    }
}

#[test]
fn texts_have_the_embeddings_of_tokenizers_and_onnxruntime() {
    let reference = reference();
    let inputs: Vec<Input<'_>> = reference.texts.iter().map(|it| Input::Text(it)).collect();
    for runtime in runtimes() {
        let models = [
            ("all-minilm-l6-v2", &reference.minilm),
            ("multilingual-e5-small-zh-en", &reference.e5),
        ];
        for (model, expected) in models {
            let embedder = embedder(model, runtime);
            let embeddings = embed(embedder.as_ref(), &inputs);
            for (text, (expected, got)) in inputs.iter().zip(expected.iter().zip(&embeddings)) {
                let cosine = cosine(got, expected);
                assert!(0.999 <= cosine, "{text:?} with {model} on {runtime}: {cosine}");
            }
            let alone = embed(embedder.as_ref(), &inputs[1..2]);
            assert_eq!(alone[0], embeddings[1], "a batch of one is a batch of many");
        }
    }
}

#[test]
fn texts_that_are_longer_than_what_is_read_are_counted() {
    let embedder = embedder("all-minilm-l6-v2", Runtime::Rten);
    embed(embedder.as_ref(), &[Input::Text("short"), Input::Text(&"word ".repeat(200))]);
    assert_eq!(embedder.n_cut(), 0);
    let (words, megabytes) = ("word ".repeat(300), "x".repeat(2_000_000));
    embed(embedder.as_ref(), &[Input::Text(&words), Input::Text(&megabytes)]);
    assert_eq!(embedder.n_cut(), 2);
}

#[test]
fn padding_changes_nothing() {
    for runtime in runtimes() {
        let files = annota_model::bundled::files("all-minilm-l6-v2").expect("undamaged");
        let onnx = files.expect("bundled").onnx;
        let graph = Graph::read(runtime, "all-minilm-l6-v2", onnx).expect("readable");
        let session = graph.session(1).expect("a session");
        let run = |ids: &[i64], mask: &[i64]| {
            let shape = [1, ids.len()];
            let input = |name, values| runtime::Input { name, shape: &shape, values };
            let inputs =
                [input("input_ids", Values::I64(ids)), input("attention_mask", Values::I64(mask))];
            let outputs = session.run(&inputs, &["sentence_embedding"]).expect("it runs");
            outputs.into_iter().next().expect("one output").values
        };
        let bare = run(&[101, 2282, 2001, 4550, 102], &[1; 5]);
        let padded = run(&[101, 2282, 2001, 4550, 102, 0, 0, 0], &[1, 1, 1, 1, 1, 0, 0, 0]);
        let cosine = cosine(&bare, &padded);
        assert!(0.99999 <= cosine, "{runtime}: {cosine}");
    }
}

#[test]
fn an_item_that_cannot_be_read_costs_itself_alone() {
    let photo = fixture("photo.jpg");
    let progressive = fixture("progressive.jpg");
    let mut huge = fixture("palette.png");
    huge[16..24].copy_from_slice(&[0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
    let crc = png_crc(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.to_be_bytes());
    let bad: [(&[u8], &str); 7] = [
        (b"", "empty file"),
        (&photo[..photo.len() / 2], "truncated"),
        (&progressive[..progressive.len() / 2], "truncated"),
        (&huge, "50000 x 50000"),
        (b"PK\x03\x04 a zip file called photo.jpg", "not a picture"),
        (&[0; 4096], "not a picture"),
        (&fixture("alpha.png")[..2000], "damaged PNG"),
    ];
    let embedder = embedder("efficientnet-lite0@160", Runtime::Rten);
    let mut inputs: Vec<Input<'_>> = bad.iter().map(|it| Input::Image(it.0)).collect();
    inputs.push(Input::Image(&photo));
    inputs.push(Input::Text("not a picture at all"));
    let results = embedder.embed(&inputs);
    for ((_, expected), result) in bad.iter().zip(&results) {
        let problem = result.as_ref().expect_err(expected);
        assert!(problem.message.contains(expected), "{problem} instead of {expected}");
    }
    assert_eq!(results[7].as_ref().expect("a photo").len(), 1280);
    assert!(results[8].is_err());
    assert!(results[3].as_ref().expect_err("too large").help.is_some());
}

/// The checksum of a PNG chunk.
fn png_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

#[test]
fn a_text_of_megabytes_costs_no_more_than_a_page() {
    let long = "the room was clean and quiet, 房间很好 ".repeat(250_000);
    assert!(10_000_000 < long.len());
    let start = std::time::Instant::now();
    let embedder = embedder("all-minilm-l6-v2", Runtime::Rten);
    let inputs = [Input::Text(&long), Input::Text(&long[..20_000]), Input::Text("")];
    let embeddings = embed(embedder.as_ref(), &inputs);
    assert_eq!(embeddings[0], embeddings[1]);
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn ids_tell_what_changes_results() {
    let id = |name| embedder(name, Runtime::Rten).id().to_owned();
    assert_ne!(id("efficientnet-lite0@160"), id("efficientnet-lite0@224"));
    assert_eq!(id("efficientnet-lite0@224"), id("efficientnet-lite0"));
    for wrong in ["efficientnet-lite0@100", "all-minilm-l6-v2@128"] {
        assert!(load(&ModelSpec::parse(wrong).expect("a spec")).is_err(), "{wrong}");
    }
}

/// The head by hand, for comparison with the file.
fn probabilities(embedding: &[f32], head: &ExportHead) -> Vec<f32> {
    let unit = |it: Vec<f32>| -> Vec<f32> {
        let norm = it.iter().map(|x| x * x).sum::<f32>().sqrt();
        it.into_iter().map(|x| x / norm).collect()
    };
    let root = embedding.iter().map(|it| if head.sqrt { it.sqrt() } else { *it }).collect();
    let centred = unit(root).iter().zip(&head.mean).map(|(x, mean)| x - mean).collect();
    let x = unit(centred);
    let logits = head.weights.chunks_exact(x.len()).zip(&head.intercept).map(|(row, intercept)| {
        (row.iter().zip(&x).map(|(w, x)| w * x).sum::<f32>() + intercept) / head.temperature
    });
    let exp: Vec<f32> = logits.map(f32::exp).collect();
    let sum: f32 = exp.iter().sum();
    exp.iter().map(|it| it / sum).collect()
}

fn head(dim: usize, sqrt: bool) -> ExportHead {
    let wave = |n: usize, step: f32| (0..n).map(|it| (it as f32 * step).sin()).collect::<Vec<_>>();
    ExportHead {
        sqrt,
        mean: wave(dim, 0.7).iter().map(|it| it * 0.01).collect(),
        weights: wave(3 * dim, 0.37).iter().map(|it| it * 3.0).collect(),
        intercept: vec![0.1, -0.2, 0.05],
        temperature: 0.6,
        classes: ["cat", "dog", "猫"].map(str::to_owned).to_vec(),
    }
}

#[test]
fn the_exported_picture_model_answers_as_embedding_and_head_do() {
    let spec = ModelSpec::parse("efficientnet-lite0@160").expect("a spec");
    let head = head(1280, true);
    let exported = export_onnx(&spec, &head).expect("exported");
    assert!(exported.tokenizer.is_none());
    let pixels: Vec<f32> = (0..2 * 3 * 128 * 128).map(|it| (it as f32 * 0.01).sin()).collect();
    for runtime in runtimes() {
        let graph = Graph::read(runtime, "exported", exported.onnx.clone()).expect("readable");
        let session = graph.session(1).expect("a session");
        let shape = [2, 3, 128, 128];
        let input = runtime::Input { name: "image", shape: &shape, values: Values::F32(&pixels) };
        let outputs = session.run(&[input], &["embedding", "probabilities"]).expect("it runs");
        assert_eq!(outputs[1].shape, [2, 3]);
        check(&outputs[0].values, &outputs[1].values, &head, runtime);
    }
}

#[test]
fn the_exported_text_model_answers_as_embedding_and_head_do() {
    let spec = ModelSpec::new("all-minilm-l6-v2");
    let head = head(384, false);
    let exported = export_onnx(&spec, &head).expect("exported");
    assert!(exported.tokenizer.is_some());
    for runtime in runtimes() {
        let graph = Graph::read(runtime, "exported", exported.onnx.clone()).expect("readable");
        let session = graph.session(1).expect("a session");
        let shape = [2, 4];
        let input = |name, values| runtime::Input { name, shape: &shape, values };
        let ids = Values::I64(&[101, 2282, 4550, 102, 101, 4937, 102, 0]);
        let mask = Values::I64(&[1, 1, 1, 1, 1, 1, 1, 0]);
        let inputs = [input("input_ids", ids), input("attention_mask", mask)];
        let outputs = session.run(&inputs, &["embedding", "probabilities"]).expect("it runs");
        check(&outputs[0].values, &outputs[1].values, &head, runtime);
    }
}

fn check(embeddings: &[f32], got: &[f32], head: &ExportHead, runtime: Runtime) {
    let embeddings = embeddings.chunks_exact(head.mean.len());
    for (embedding, got) in embeddings.zip(got.chunks_exact(head.classes.len())) {
        for (expected, got) in probabilities(embedding, head).iter().zip(got) {
            assert!((expected - got).abs() < 1e-4, "{got} instead of {expected} on {runtime}");
        }
    }
}

#[test]
fn a_head_that_does_not_fit_is_refused() {
    let spec = ModelSpec::new("all-minilm-l6-v2");
    assert!(export_onnx(&spec, &head(1280, false)).is_err());
    let broken = ExportHead { temperature: f32::NAN, ..head(384, false) };
    assert!(export_onnx(&spec, &broken).is_err());
}
