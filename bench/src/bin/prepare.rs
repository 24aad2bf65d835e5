//! Embeds the benchmark sets with the networks that come with the program.
//!
//! `prepare SETS_FOLDER OUT_FOLDER [SET…]` writes `OUT/SET.x.npy` (f32, `[items,
//! dim]`, as the network gives them), `OUT/SET.y.npy` (i32, class numbers in
//! alphabetical order) and `OUT/SET.id.txt` (what embedded it) for every set; what
//! the same network and preparation have embedded before is left alone.

use std::{
    collections::BTreeSet,
    error::Error,
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use annota_core::model::{Embedder, Input};
use npyz::WriterBuilder;

/// Name on disk, name of the output.
const SETS: [(&str, &str); 11] = [
    ("agnews", "agnews"),
    ("agnews_test", "agnews_test"),
    ("banking77", "banking77"),
    ("banking77_test", "banking77_test"),
    ("sst2", "sst2"),
    ("sst2_test", "sst2_test"),
    ("chnsenticorp-split", "chnsenticorp"),
    ("chnsenticorp-split_test", "chnsenticorp_test"),
    ("cifar10", "cifar10"),
    ("cifar10_test", "cifar10_test"),
    ("trashnet", "trashnet"),
];
const BATCH_LEN: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let [sets, out] = [1, 2].map(|at| PathBuf::from(std::env::args().nth(at).unwrap_or_default()));
    fs::create_dir_all(&out)?;
    let wanted: Vec<String> = std::env::args().skip(3).collect();
    for (name, as_name) in SETS {
        if !wanted.is_empty() && !wanted.iter().any(|it| it == name) {
            continue;
        }
        let items = read(&sets, name)?;
        let inputs: Vec<Input<'_>> = items.iter().map(LabelledItem::input).collect();
        let embedder = embedder(&inputs)?;
        let id_file = out.join(format!("{as_name}.id.txt"));
        if fs::read_to_string(&id_file).is_ok_and(|it| it == embedder.id()) {
            continue;
        }
        eprintln!("bench: embedding {} items of {name}", items.len());
        embed(embedder.as_ref(), &inputs, &out.join(format!("{as_name}.x.npy")))?;
        write_classes(&items, &out.join(format!("{as_name}.y.npy")))?;
        fs::write(id_file, embedder.id())?;
    }
    Ok(())
}

/// An item: the bytes of a picture or of a text, and its class.
struct LabelledItem {
    is_image: bool,
    bytes: Vec<u8>,
    class: String,
}

impl LabelledItem {
    fn input(&self) -> Input<'_> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if !self.is_image => Input::Text(text),
            _ => Input::Image(&self.bytes),
        }
    }
}

fn read(sets: &Path, name: &str) -> Result<Vec<LabelledItem>, Box<dyn Error>> {
    let table = sets.join(format!("{name}.csv"));
    if !table.exists() {
        return read_folder(&sets.join(name));
    }
    let mut items = Vec::new();
    for record in csv::Reader::from_path(table)?.records() {
        let record = record?;
        let (bytes, class) = (record[0].as_bytes().to_vec(), record[1].to_owned());
        items.push(LabelledItem { is_image: false, bytes, class });
    }
    Ok(items)
}

fn read_folder(folder: &Path) -> Result<Vec<LabelledItem>, Box<dyn Error>> {
    let sorted = |folder: &Path| -> Result<Vec<PathBuf>, std::io::Error> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|it| it.map(|it| it.path())).collect::<Result<_, _>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut items = Vec::new();
    for class in sorted(folder)? {
        let name = class.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in sorted(&class)? {
            items.push(LabelledItem {
                is_image: true,
                bytes: fs::read(file)?,
                class: name.clone(),
            });
        }
    }
    Ok(items)
}

/// The network that the program chooses for these inputs.
fn embedder(inputs: &[Input<'_>]) -> Result<Box<dyn Embedder>, Box<dyn Error>> {
    let sample: Vec<Input<'_>> = inputs.iter().step_by(1 + inputs.len() / 200).copied().collect();
    let spec = annota_model::choose(&sample).ok_or("a set without items")?;
    Ok(annota_model::load(&spec)?)
}

fn embed(embedder: &dyn Embedder, inputs: &[Input<'_>], path: &Path) -> Result<(), Box<dyn Error>> {
    let mut values = Vec::new();
    for batch in inputs.chunks(BATCH_LEN) {
        for embedding in embedder.embed(batch) {
            values.extend(embedding.map_err(|it| it.to_string())?);
        }
    }
    write(path, &values, &[inputs.len(), embedder.dim()])
}

fn write_classes(items: &[LabelledItem], path: &Path) -> Result<(), Box<dyn Error>> {
    let names: BTreeSet<&str> = items.iter().map(|it| it.class.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let class = |it: &LabelledItem| names.binary_search(&it.class.as_str()).expect("listed above");
    let classes: Vec<i32> =
        items.iter().map(|it| i32::try_from(class(it))).collect::<Result<_, _>>()?;
    write(path, &classes, &[items.len()])
}

fn write<T: npyz::AutoSerialize + Copy>(
    path: &Path,
    values: &[T],
    shape: &[usize],
) -> Result<(), Box<dyn Error>> {
    let shape: Vec<u64> = shape.iter().map(|it| *it as u64).collect();
    let file = BufWriter::new(File::create(path)?);
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(&shape).writer(file).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()?;
    Ok(())
}
