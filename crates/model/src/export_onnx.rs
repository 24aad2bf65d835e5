//! Writing a backbone and the head trained on it as one ONNX file.
//!
//! The backbone's graph is kept as it is, cut down to what the embedding needs,
//! and continued with operators that every version of ONNX since opset 8 has
//! with the same meaning: scaling to unit length is written as products, since
//! the operators made for it changed between versions.

use annota_core::item::Media;

use crate::{
    Error, ModelSpec,
    catalogue::{self, Entry, Pooling},
    onnx_file::{
        GRAPH_INITIALIZER, GRAPH_NODE, GRAPH_OUTPUT, NODE_ATTRIBUTE, NODE_INPUT, NODE_OUTPUT,
        OnnxFile, TENSOR_NAME, no_output,
    },
    protobuf::Message,
};

/// A linear head on the embedding `e` of a backbone: with `x = L2(L2(f(e)) -
/// mean)`, where `f` is the square root or the identity and `L2` scales to unit
/// length, the probabilities are `softmax((weights x + intercept) /
/// temperature)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportHead {
    /// Whether `f` is the square root.
    pub sqrt: bool,
    /// Length `dim`.
    pub mean: Vec<f32>,
    /// Shape `[classes, dim]`.
    pub weights: Vec<f32>,
    /// Length `classes`.
    pub intercept: Vec<f32>,
    /// Above 0.
    pub temperature: f32,
    /// Names, in the order of the probabilities.
    pub classes: Vec<String>,
}

/// A model as files for others to use.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The ONNX file: outputs `embedding` `[n, dim]`, not scaled, and
    /// `probabilities` `[n, classes]`. How to prepare inputs, and the names of
    /// the classes, are in its metadata.
    pub onnx: Vec<u8>,
    /// `tokenizer.json` to lie beside it, for models that read texts.
    pub tokenizer: Option<Vec<u8>>,
}

/// The backbone that `spec` names, continued by `head`.
///
/// # Errors
///
/// [`Error::Export`] if the head does not fit the backbone or its graph cannot
/// be continued.
pub fn export_onnx(spec: &ModelSpec, head: &ExportHead) -> Result<Exported, Error> {
    let entry = catalogue::find(&spec.name)?;
    let files = catalogue::files(&entry)?;
    check(&entry, head)?;
    let described = description(&entry, spec, head);
    let onnx = continued(&files.onnx, &entry, head, &described).map_err(export_error)?;
    Ok(Exported { onnx, tokenizer: files.tokenizer })
}

fn export_error(reason: impl Into<String>) -> Error {
    Error::Export { reason: reason.into() }
}

fn check(entry: &Entry, head: &ExportHead) -> Result<(), Error> {
    let (n_classes, dim) = (head.classes.len(), head.mean.len());
    let fits = 2 <= n_classes
        && head.intercept.len() == n_classes
        && head.weights.len() == n_classes * dim
        && entry.dim.is_none_or(|it| it == dim);
    let values = [&head.mean, &head.weights, &head.intercept].into_iter().flatten();
    if !fits {
        Err(export_error(format!("the head has shapes that do not fit {}", entry.name)))
    } else if !values.chain([&head.temperature]).all(|it| it.is_finite()) || head.temperature <= 0.0
    {
        Err(export_error("the head has values that are not finite"))
    } else {
        Ok(())
    }
}

/// What users of the file must know, as pairs of the file's metadata.
fn description(entry: &Entry, spec: &ModelSpec, head: &ExportHead) -> Vec<(String, String)> {
    let classes = serde_json::to_string(&head.classes).expect("strings become JSON");
    let mut pairs = vec![
        ("annota.backbone".to_owned(), spec.to_string()),
        ("annota.backbone_licence".to_owned(), entry.licence.clone()),
        ("annota.classes".to_owned(), classes),
    ];
    let mut add = |key: &str, value: String| pairs.push((format!("annota.{key}"), value));
    if let Some(image) = &entry.image {
        add("input_size", spec.input_size.unwrap_or(image.size).to_string());
        add("mean", format!("{:?}", image.mean));
        add("std", format!("{:?}", image.std));
        add("fit", format!("{:?}", image.fit).to_lowercase());
        if let Some(side) = image.short_side {
            add("short_side", side.to_string());
        }
    }
    if let Some(text) = &entry.text {
        add("prefix", text.prefix.clone());
        add("max_tokens", text.max_tokens.to_string());
    }
    pairs
}

fn continued(
    onnx: &[u8],
    entry: &Entry,
    head: &ExportHead,
    description: &[(String, String)],
) -> Result<Vec<u8>, String> {
    let file = OnnxFile::read(onnx).ok_or("its file is damaged")?;
    let output = file.output(&entry.output).ok_or_else(|| no_output(&entry.output))?;
    let kept = file.needed(&output);
    let mut tail = Tail::default();
    let vector = tail.pool(entry, &file, output)?;
    tail.head(&vector, head);

    let mut graph = kept.iter().fold(Message::default(), |it, field| it.raw(field.raw));
    graph = tail.nodes.iter().fold(graph, |it, node| it.bytes(GRAPH_NODE, node));
    graph = tail.constants.iter().fold(graph, |it, tensor| it.bytes(GRAPH_INITIALIZER, tensor));
    for (name, dim) in [("embedding", head.mean.len()), ("probabilities", head.classes.len())] {
        graph = graph.bytes(GRAPH_OUTPUT, matrix_type(name, dim));
    }
    Ok(file.with_graph(graph.finish(), description))
}

/// What is appended to a graph.
#[derive(Default)]
struct Tail {
    nodes: Vec<Vec<u8>>,
    constants: Vec<Vec<u8>>,
}

impl Tail {
    /// Appends a node and gives the name of its value.
    fn node(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, i64)]) -> String {
        let name = format!("annota/{}", self.nodes.len());
        self.named_node(operator, inputs, attributes, &name);
        name
    }

    fn named_node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: &[(&str, i64)],
        name: &str,
    ) {
        let node = inputs.iter().fold(Message::default(), |it, input| it.bytes(NODE_INPUT, input));
        let mut node = node.bytes(NODE_OUTPUT, name).bytes(3, name).bytes(4, operator);
        for (key, value) in attributes {
            let integer = 2;
            let attribute = Message::default().bytes(1, key).int(3, *value as u64).int(20, integer);
            node = node.bytes(NODE_ATTRIBUTE, attribute.finish());
        }
        self.nodes.push(node.finish());
    }

    /// Appends a constant of 32-bit floats and gives its name.
    fn floats(&mut self, shape: &[usize], values: &[f32]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.constant(1, shape, &bytes)
    }

    /// Appends a constant of 64-bit integers and gives its name.
    fn integers(&mut self, shape: &[usize], values: &[i64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.constant(7, shape, &bytes)
    }

    fn constant(&mut self, element_type: u64, shape: &[usize], bytes: &[u8]) -> String {
        let name = format!("annota/constant/{}", self.constants.len());
        let tensor = shape.iter().fold(Message::default(), |it, &dim| it.int(1, dim as u64));
        let tensor = tensor.int(2, element_type).bytes(TENSOR_NAME, &name).bytes(9, bytes);
        self.constants.push(tensor.finish());
        name
    }

    /// The vector `[n, dim]` called `embedding` from the graph's output.
    fn pool(
        &mut self,
        entry: &Entry,
        file: &OnnxFile<'_>,
        output: String,
    ) -> Result<String, String> {
        let pooled = match (entry.pooling, entry.media()) {
            (Pooling::None, _) if output == "embedding" => return Ok(output),
            (Pooling::None, _) => output,
            (Pooling::First, _) => {
                let first = self.integers(&[], &[0]);
                self.node("Gather", &[&output, &first], &[("axis", 1)])
            }
            (Pooling::Mean, Media::Text) => self.mean_of_tokens(file, &output)?,
            (Pooling::Mean, Media::Image) => {
                let mean = self.node("GlobalAveragePool", &[&output], &[]);
                self.node("Flatten", &[&mean], &[("axis", 1)])
            }
        };
        let name = "embedding".to_owned();
        self.named_node("Identity", &[&pooled], &[], &name);
        Ok(name)
    }

    /// The mean of `[n, tokens, dim]` over the tokens of the mask, by products.
    fn mean_of_tokens(&mut self, file: &OnnxFile<'_>, output: &str) -> Result<String, String> {
        if !file.has_input(MASK) {
            return Err(format!("its graph has no input called `{MASK}`"));
        }
        let float = 1;
        let mask = self.node("Cast", &[MASK], &[("to", float)]);
        let as_row = self.integers(&[3], &[0, 1, -1]);
        let as_column = self.integers(&[3], &[0, -1, 1]);
        let as_vector = self.integers(&[2], &[0, -1]);
        let row = self.node("Reshape", &[&mask, &as_row], &[]);
        let column = self.node("Reshape", &[&mask, &as_column], &[]);
        let sum = self.node("MatMul", &[&row, output], &[]);
        let count = self.node("MatMul", &[&row, &column], &[]);
        let mean = self.node("Div", &[&sum, &count], &[]);
        Ok(self.node("Reshape", &[&mean, &as_vector], &[]))
    }

    /// The output `probabilities` from `vector`, shape `[n, dim]`.
    fn head(&mut self, vector: &str, head: &ExportHead) {
        let (n_classes, dim) = (head.classes.len(), head.mean.len());
        let ones = self.floats(&[dim, 1], &vec![1.0; dim]);
        let mean = self.floats(&[1, dim], &head.mean);
        let weights = self.floats(&[n_classes, dim], &head.weights);
        let intercept = self.floats(&[n_classes], &head.intercept);
        let temperature = self.floats(&[1], &[head.temperature]);
        let root = if head.sqrt { self.node("Sqrt", &[vector], &[]) } else { vector.to_owned() };
        let scaled = self.unit_length(&root, &ones);
        let centred = self.node("Sub", &[&scaled, &mean], &[]);
        let x = self.unit_length(&centred, &ones);
        let logits = self.node("Gemm", &[&x, &weights, &intercept], &[("transB", 1)]);
        let logits = self.node("Div", &[&logits, &temperature], &[]);
        self.named_node("Softmax", &[&logits], &[("axis", 1)], "probabilities");
    }

    /// `value` scaled to unit length; a zero vector stays zero.
    fn unit_length(&mut self, value: &str, ones: &str) -> String {
        let tiny = self.floats(&[1], &[1e-30]);
        let squares = self.node("Mul", &[value, value], &[]);
        let sum = self.node("MatMul", &[&squares, ones], &[]);
        let length = self.node("Sqrt", &[&sum], &[]);
        let length = self.node("Max", &[&length, &tiny], &[]);
        self.node("Div", &[value, &length], &[])
    }
}

/// Name of the input that says which tokens are not padding.
const MASK: &str = "attention_mask";

/// The type of an output: a matrix of 32-bit floats with `dim` columns.
fn matrix_type(name: &str, dim: usize) -> Vec<u8> {
    let rows = Message::default().bytes(2, "n").finish();
    let columns = Message::default().int(1, dim as u64).finish();
    let shape = Message::default().bytes(1, rows).bytes(1, columns).finish();
    let float = 1;
    let tensor = Message::default().int(1, float).bytes(2, shape).finish();
    let tensor_type = Message::default().bytes(1, tensor).finish();
    Message::default().bytes(1, name).bytes(2, tensor_type).finish()
}
