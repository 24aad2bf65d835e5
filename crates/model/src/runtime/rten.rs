//! The runtime that is always there.

use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, ValueOrView, ValueView};
use rten_tensor::Layout as _;

use super::{Input, Output, Session, Values};

/// Reads an ONNX file.
pub(super) fn read(onnx: Vec<u8>) -> Result<Model, String> {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    options.load(onnx).map_err(|e| e.to_string())
}

/// A session over a model that other sessions share.
pub(super) fn session(model: Arc<Model>, n_threads: usize) -> Box<dyn Session> {
    let names = |ids: &[NodeId]| -> Vec<String> {
        let name = |id: &NodeId| Some(model.node_info(*id)?.name()?.to_owned());
        ids.iter().map(|id| name(id).unwrap_or_default()).collect()
    };
    let (inputs, outputs) = (names(model.input_ids()), names(model.output_ids()));
    let pool = Arc::new(ThreadPool::with_num_threads(n_threads));
    Box::new(RtenSession { model, pool, inputs, outputs })
}

struct RtenSession {
    model: Arc<Model>,
    pool: Arc<ThreadPool>,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl Session for RtenSession {
    fn inputs(&self) -> &[String] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn run(&self, inputs: &[Input<'_>], outputs: &[&str]) -> Result<Vec<Output>, String> {
        let node = |name: &str| self.model.node_id(name).map_err(|e| format!("`{name}`: {e}"));
        // rten has no 64-bit integers: it reads token ids as 32 bits.
        let narrowed: Vec<Vec<i32>> = inputs
            .iter()
            .map(|input| match input.values {
                Values::I64(values) => values.iter().map(|&it| it as i32).collect(),
                Values::F32(_) => Vec::new(),
            })
            .collect();
        let mut values: Vec<(NodeId, ValueOrView<'_>)> = Vec::with_capacity(inputs.len());
        for (input, narrowed) in inputs.iter().zip(&narrowed) {
            let view = match input.values {
                Values::F32(it) => {
                    ValueView::from_shape(input.shape, it).map_err(|e| e.to_string())
                }
                Values::I64(_) => {
                    ValueView::from_shape(input.shape, narrowed).map_err(|e| e.to_string())
                }
            };
            values.push((node(input.name)?, view?.into()));
        }
        let ids = outputs.iter().map(|it| node(it)).collect::<Result<Vec<_>, _>>()?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let results = self.model.run(values, &ids, Some(options)).map_err(|e| e.to_string())?;
        let output = |value: rten::Value| {
            let tensor = value.into_tensor::<f32>().ok_or("an output is not of type f32")?;
            Ok(Output { shape: tensor.shape().to_vec(), values: tensor.into_data() })
        };
        results.into_iter().map(output).collect()
    }
}
