"""Makes the files in `format/` and `format.json`: the same six reviews written by
pandas, pyarrow and NumPy in the ways these libraries write them by default, and
what the same libraries read back. The tests of the readers must find the same.

Run: python3 format.py   (numpy, pandas, pyarrow)
"""

import gzip
import json
import os
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "format")
os.makedirs(OUT, exist_ok=True)

frame = pd.DataFrame(
    {
        "id": ["a1", "a2", "a3", "a4", "a5", "a6"],
        "text": [
            '他说“很好”, "really"',
            "早餐太差，再也不会来了。",
            "two\nlines",
            "tab\there",
            "plain",
            "房间很大，服务也不错。",
        ],
        "label": ["good", "bad", "good", "bad", None, "good"],
    }
)


def path(name):
    return os.path.join(OUT, name)


frame.to_csv(path("gb18030.csv"), index=False, encoding="gb18030")
frame.to_csv(path("utf16.csv"), index=False, encoding="utf-16")
frame.to_csv(path("index.tsv"), sep="\t")
frame.to_json(path("lines.jsonl"), orient="records", lines=True)
frame.to_json(path("array.json"), orient="records", indent=1, force_ascii=False)

dictionary = pa.table(
    {
        "id": pa.array(frame["id"], pa.large_string()),
        "text": pa.array(frame["text"], pa.string()),
        "label": pa.array(frame["label"], pa.string()).dictionary_encode(),
    }
)
pq.write_table(dictionary, path("dictionary_snappy.parquet"), compression="snappy", row_group_size=4)
pq.write_table(dictionary, path("dictionary_zstd.parquet"), compression="zstd", data_page_version="2.0")

names = ["bad", "good"]
numbers = [None if pd.isna(it) else names.index(it) for it in frame["label"]]
features = {
    "id": {"dtype": "string", "_type": "Value"},
    "text": {"dtype": "string", "_type": "Value"},
    "label": {"names": names, "_type": "ClassLabel"},
}
schema = pa.schema(
    [("id", pa.string()), ("text", pa.string()), ("label", pa.int64())],
    metadata={"huggingface": json.dumps({"info": {"features": features}})},
)
numbered = pa.table({"id": frame["id"], "text": frame["text"], "label": numbers}, schema=schema)
pq.write_table(numbered, path("class_label.parquet"), compression="gzip")

rng = np.random.default_rng(0)
grey = rng.integers(0, 256, (3, 4, 5), dtype=np.uint8)
colour = rng.integers(0, 256, (2, 4, 5, 3), dtype=np.uint8)
np.savez_compressed(
    path("medmnist.npz"),
    train_images=colour,
    train_labels=np.array([[1], [0]], dtype=np.uint8),
    test_images=grey,
    test_labels=np.array([2, -1, 300], dtype=np.int64),
)
header = struct.pack(">BBBBIII", 0, 0, 8, 3, *grey.shape)
with open(path("images.idx3-ubyte.gz"), "wb") as file:
    file.write(gzip.compress(header + grey.tobytes(), mtime=0))


def rows(table):
    table = table.astype(object).where(table.notna(), None)
    return table[["text", "label", "id"]].values.tolist()


read = {
    "gb18030.csv": rows(pd.read_csv(path("gb18030.csv"), encoding="gb18030")),
    "utf16.csv": rows(pd.read_csv(path("utf16.csv"), encoding="utf-16")),
    "index.tsv": rows(pd.read_csv(path("index.tsv"), sep="\t", index_col=0)),
    "lines.jsonl": rows(pd.read_json(path("lines.jsonl"), lines=True)),
    "array.json": rows(pd.read_json(path("array.json"))),
    "dictionary_snappy.parquet": rows(pd.read_parquet(path("dictionary_snappy.parquet")).astype(object)),
    "dictionary_zstd.parquet": rows(pd.read_parquet(path("dictionary_zstd.parquet")).astype(object)),
    "class_label.parquet": [
        [text, None if pd.isna(label) else names[int(label)], id]
        for text, label, id in rows(pd.read_parquet(path("class_label.parquet")))
    ],
}
images = {"grey": grey.tolist(), "colour": colour.tolist()}
with open(os.path.join(HERE, "format.json"), "w", encoding="utf-8") as file:
    json.dump({"rows": read, "images": images}, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
