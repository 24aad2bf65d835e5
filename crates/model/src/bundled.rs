//! The networks that come with the program, compressed inside it.
//!
//! They are decompressed in memory when first used (18 to 47 MB at about a
//! gigabyte a second), so the program works without a writable folder.

use crate::Error;

/// Files of one bundled network, zstd-compressed.
#[derive(Clone, Copy, Debug)]
struct Bundled {
    name: &'static str,
    onnx: &'static [u8],
    tokenizer: Option<&'static [u8]>,
}

static BUNDLED: [Bundled; 3] = [
    Bundled {
        name: "efficientnet-lite0",
        onnx: include_bytes!("../../../models/efficientnet-lite0.onnx.zst"),
        tokenizer: None,
    },
    Bundled {
        name: "all-minilm-l6-v2",
        onnx: include_bytes!("../../../models/all-minilm-l6-v2.onnx.zst"),
        tokenizer: Some(include_bytes!("../../../models/all-minilm-l6-v2.tokenizer.json.zst")),
    },
    Bundled {
        name: "multilingual-e5-small-zh-en",
        onnx: include_bytes!("../../../models/multilingual-e5-small-zh-en.onnx.zst"),
        tokenizer: Some(include_bytes!(
            "../../../models/multilingual-e5-small-zh-en.tokenizer.json.zst"
        )),
    },
];

/// The files of a network, in memory.
#[derive(Clone, Debug)]
pub struct Files {
    /// The graph with its weights.
    pub onnx: Vec<u8>,
    /// `tokenizer.json`, for networks that read text.
    pub tokenizer: Option<Vec<u8>>,
}

/// The files of the bundled network `name`, or `None` if there is none.
///
/// # Errors
///
/// [`Error::BadEntry`] if the program file is damaged.
pub fn files(name: &str) -> Result<Option<Files>, Error> {
    let Some(bundled) = BUNDLED.iter().find(|it| it.name == name) else {
        return Ok(None);
    };
    let unpack = |bytes: &[u8]| {
        zstd::decode_all(bytes)
            .map_err(|e| Error::BadEntry { place: name.to_owned(), reason: e.to_string() })
    };
    let tokenizer = bundled.tokenizer.map(unpack).transpose()?;
    Ok(Some(Files { onnx: unpack(bundled.onnx)?, tokenizer }))
}
