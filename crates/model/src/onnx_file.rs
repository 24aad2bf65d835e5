//! ONNX files taken apart: finding the value that is the embedding, and cutting
//! the graph down to what computes it.
//!
//! Published networks often end in a classifier. What we want is the value
//! before it, and without the rest the runtimes are faster: a graph's extra
//! outputs keep them from fusing operators.

use std::collections::{HashMap, HashSet};

use crate::protobuf::{Field, Message, fields};

// Numbers of fields in onnx.proto.
pub(crate) const MODEL_GRAPH: u32 = 7;
pub(crate) const MODEL_METADATA: u32 = 14;
pub(crate) const GRAPH_NODE: u32 = 1;
pub(crate) const GRAPH_INITIALIZER: u32 = 5;
pub(crate) const GRAPH_INPUT: u32 = 11;
pub(crate) const GRAPH_OUTPUT: u32 = 12;
const GRAPH_VALUE: u32 = 13;
pub(crate) const NODE_INPUT: u32 = 1;
pub(crate) const NODE_OUTPUT: u32 = 2;
pub(crate) const NODE_ATTRIBUTE: u32 = 5;
const NODE_OPERATOR: u32 = 4;
pub(crate) const TENSOR_NAME: u32 = 8;
const VALUE_NAME: u32 = 1;

/// In a list of outputs: what the last linear layer reads.
const PENULTIMATE: &str = "*penultimate";

/// An ONNX file by its parts.
pub(crate) struct OnnxFile<'a> {
    model: Vec<Field<'a>>,
    graph: Vec<Field<'a>>,
    // The parts of each node, by position in `graph`; empty for other fields.
    nodes: Vec<Vec<Field<'a>>>,
    // Position of the node that computes a value.
    origin: HashMap<&'a str, usize>,
}

impl<'a> OnnxFile<'a> {
    /// Takes `onnx` apart, or `None` if it is damaged.
    pub(crate) fn read(onnx: &'a [u8]) -> Option<OnnxFile<'a>> {
        let model = fields(onnx)?;
        let graph = fields(model.iter().find(|it| it.number == MODEL_GRAPH)?.bytes())?;
        let mut nodes = Vec::with_capacity(graph.len());
        let mut origin = HashMap::new();
        for (at, field) in graph.iter().enumerate() {
            let node = if field.number == GRAPH_NODE { fields(field.bytes())? } else { Vec::new() };
            origin.extend(part(&node, NODE_OUTPUT).map(|it| (it, at)));
            nodes.push(node);
        }
        Some(OnnxFile { model, graph, nodes, origin })
    }

    /// Whether the graph reads an input called `name`.
    pub(crate) fn has_input(&self, name: &str) -> bool {
        self.declared(GRAPH_INPUT).any(|it| it.0 == name)
    }

    /// Name of the value that is meant by `wanted`: the first of its parts,
    /// divided by `|`, that the graph outputs; the graph's first output if it
    /// is empty. The part `*penultimate` is what the last linear layer reads.
    pub(crate) fn output(&self, wanted: &str) -> Option<String> {
        let outputs: Vec<&str> = self.declared(GRAPH_OUTPUT).map(|it| it.0).collect();
        let found = wanted.split('|').find_map(|part| match part {
            "" => outputs.first().copied(),
            PENULTIMATE => self.penultimate(outputs.first()?),
            name => outputs.iter().copied().find(|it| *it == name),
        });
        found.map(str::to_owned)
    }

    /// What the linear layer nearest before `output` reads.
    fn penultimate(&self, output: &str) -> Option<&'a str> {
        let mut value = output;
        loop {
            let node = &self.nodes[*self.origin.get(value)?];
            let operator = part(node, NODE_OPERATOR).next()?;
            let mut inputs = part(node, NODE_INPUT);
            value = match operator {
                "Gemm" | "MatMul" => return inputs.next(),
                // A bias is added on either side; the other is a constant.
                "Add" => inputs.find(|it| self.origin.contains_key(it))?,
                _ => inputs.next()?,
            };
        }
    }

    /// Values declared in fields of number `kind`, with the field.
    fn declared(&self, kind: u32) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        let of_kind = self.graph.iter().filter(move |it| it.number == kind);
        of_kind.filter_map(|it| Some((named(it.bytes(), VALUE_NAME)?, *it)))
    }

    /// The graph's fields that are needed to compute `output`, in order,
    /// without its outputs.
    pub(crate) fn needed(&self, output: &str) -> Vec<Field<'a>> {
        // A graph inside a node may use any value of this one.
        let nested = |it: &Vec<Field<'_>>| {
            let attributes = it.iter().filter(|it| it.number == NODE_ATTRIBUTE);
            let parts = attributes.filter_map(|it| fields(it.bytes())).flatten();
            parts.into_iter().any(|it| [6, 11].contains(&it.number))
        };
        let keep_all = self.nodes.iter().any(nested);
        let (mut kept, mut used) = (HashSet::new(), HashSet::new());
        let mut wanted = vec![output];
        while let Some(value) = wanted.pop() {
            used.insert(value);
            if let Some(&at) = self.origin.get(value)
                && kept.insert(at)
            {
                wanted.extend(part(&self.nodes[at], NODE_INPUT));
            }
        }
        let is_needed = |(at, field): &(usize, &Field<'a>)| match field.number {
            GRAPH_OUTPUT | GRAPH_VALUE => false,
            GRAPH_NODE => keep_all || kept.contains(at),
            GRAPH_INITIALIZER => {
                let name = named(field.bytes(), TENSOR_NAME);
                keep_all || name.is_none_or(|it| used.contains(it))
            }
            _ => true,
        };
        self.graph.iter().enumerate().filter(is_needed).map(|it| *it.1).collect()
    }

    /// How `output` is declared, or how a value of unknown shape is.
    fn declaration(&self, output: &str) -> Vec<u8> {
        let declared = self.declared(GRAPH_OUTPUT).chain(self.declared(GRAPH_VALUE));
        let mut same = declared.filter(|it| it.0 == output);
        same.next().map_or_else(
            || {
                let float = Message::default().int(1, 1).finish();
                let tensor = Message::default().bytes(1, float).finish();
                Message::default().bytes(1, output).bytes(2, tensor).finish()
            },
            |it| it.1.bytes().to_vec(),
        )
    }

    /// The file with another graph and more metadata.
    pub(crate) fn with_graph(&self, graph: Vec<u8>, metadata: &[(String, String)]) -> Vec<u8> {
        let others = self.model.iter().filter(|it| it.number != MODEL_GRAPH);
        let mut written = others.fold(Message::default(), |it, field| it.raw(field.raw));
        written = written.bytes(MODEL_GRAPH, graph);
        for (key, value) in metadata {
            let pair = Message::default().bytes(1, key).bytes(2, value).finish();
            written = written.bytes(MODEL_METADATA, pair);
        }
        written.finish()
    }
}

/// The texts in fields `number` of a message that has been taken apart.
fn part<'a>(message: &[Field<'a>], number: u32) -> impl Iterator<Item = &'a str> {
    message.iter().filter(move |it| it.number == number).map(Field::text)
}

/// The text in field `number` of `message`.
fn named(message: &[u8], number: u32) -> Option<&str> {
    fields(message)?.iter().find(|it| it.number == number).map(Field::text)
}

/// `onnx` cut down to what computes the output that `wanted` means (see
/// [`OnnxFile::output`]), and that output's name.
///
/// # Errors
///
/// What is wrong with the file, as a sentence.
pub(crate) fn cut(onnx: &[u8], wanted: &str) -> Result<(Vec<u8>, String), String> {
    let file = OnnxFile::read(onnx).ok_or("its file is damaged")?;
    let output = file.output(wanted).ok_or_else(|| no_output(wanted))?;
    let kept = file.needed(&output);
    let graph = kept.iter().fold(Message::default(), |it, field| it.raw(field.raw));
    let graph = graph.bytes(GRAPH_OUTPUT, file.declaration(&output)).finish();
    Ok((file.with_graph(graph, &[]), output))
}

/// Says that a graph lacks an output.
pub(crate) fn no_output(wanted: &str) -> String {
    format!("its graph has no output called `{wanted}`")
}
