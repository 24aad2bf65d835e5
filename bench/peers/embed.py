"""A Python pipeline from files to stored embeddings: the peer of `embed`.

    python embed.py JOB.json

JOB names the network and what goes through it: `onnx`, `output`, `out` (the
.npy to write), and either `images` (paths), `size`, `mean`, `std`, or `texts`
(a JSON file with a list), `tokenizer`, `max_tokens`, `prefix`. Prints seconds,
from the first file to the stored matrix, of two ways to write it: `plain`
prepares a batch of 32 and runs it, with onnxruntime's default threads;
`threaded` also prepares the next batches meanwhile, on as many threads as there
are cores. Loading and a first run are not counted. `way` in JOB picks one.
"""

import json
import os
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

BATCH_LEN = 32


def main():
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(job["onnx"], providers=["CPUExecutionProvider"])
    if "images" in job:
        inputs, prepare = job["images"], image_preparation(session, job)
    else:
        inputs = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
        prepare = text_preparation(session, job)
    batches = [inputs[at : at + BATCH_LEN] for at in range(0, len(inputs), BATCH_LEN)]
    run = lambda feed: session.run([job["output"]], feed)[0]
    run(prepare(batches[0]))

    start, cpu_start = time.perf_counter(), time.process_time()
    prepared = map(prepare, batches) if job["way"] == "plain" else ahead(prepare, batches)
    embeddings = np.concatenate([run(feed) for feed in prepared])
    np.save(job["out"], embeddings)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu}))


def ahead(prepare, batches):
    """`prepare` of every batch, in order, a few batches ahead of whoever reads."""
    n_threads = os.cpu_count()
    with ThreadPoolExecutor(n_threads) as pool:
        pending = deque()
        for batch in batches:
            pending.append(pool.submit(prepare, batch))
            if n_threads < len(pending):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def image_preparation(session, job):
    name, size = session.get_inputs()[0].name, job["size"]
    mean, std = (np.array(job[it], dtype=np.float32) for it in ("mean", "std"))

    def one(path):
        with Image.open(path) as image:
            filter = Image.Resampling.BILINEAR if min(image.size) < size else Image.Resampling.BICUBIC
            pixels = image.convert("RGB").resize((size, size), filter)
        return (np.asarray(pixels, dtype=np.float32) / 255 - mean) / std

    def prepare(paths):
        return {name: np.ascontiguousarray(np.stack([one(it) for it in paths]).transpose(0, 3, 1, 2))}

    return prepare


def text_preparation(session, job):
    tokenizer = Tokenizer.from_file(job["tokenizer"])
    tokenizer.enable_truncation(job["max_tokens"])
    tokenizer.enable_padding()
    names = [it.name for it in session.get_inputs()]

    def prepare(texts):
        encodings = tokenizer.encode_batch([job["prefix"] + it for it in texts])
        by_name = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        read = lambda field: np.array([getattr(it, field) for it in encodings], dtype=np.int64)
        return {name: read(by_name[name]) for name in names}

    return prepare


if __name__ == "__main__":
    main()
