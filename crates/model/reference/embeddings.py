"""Fixtures and reference values for tests/reference.rs.

Draws the pictures in tests/fixtures, decodes them with Pillow and embeds them
and a few texts with onnxruntime and tokenizers, and writes embeddings.json.
Needs numpy, pillow, onnxruntime, tokenizers and the `zstd` program. Run it from
this folder: python embeddings.py
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw, ImageOps
from tokenizers import Tokenizer

HERE = Path(__file__).parent
MODELS = HERE / "../../../models"
FIXTURES = HERE / "../tests/fixtures"
SIDE = 96

TEXTS = [
    "The room was clean and the staff were friendly.",
    "Stocks fell on Tuesday as oil prices rose to a record, and analysts expect worse.",
    "a",
    "My card has not arrived yet; it's been two weeks!",
    "房间很干净，服务员也很热情，下次还会再来。",
    "早餐一般，mini bar 太贵了。",
]


def unpack(name):
    return subprocess.run(["zstd", "-dc", MODELS / name], check=True, capture_output=True).stdout


def scene(width, height, seed):
    """Shapes on a gradient with a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([60 + 150 * x / width, 200 - 120 * y / height, 90 + 60 * np.sin(x / 9)], -1)
    picture = Image.fromarray((base + rng.normal(0, 4, base.shape)).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.ellipse([width * 0.1, height * 0.2, width * 0.5, height * 0.8], fill=(220, 60, 40))
    draw.rectangle([width * 0.6, height * 0.1, width * 0.9, height * 0.5], fill=(30, 80, 200))
    draw.polygon([(width * 0.5, height * 0.95), (width * 0.7, height * 0.55), (width * 0.95, height * 0.9)], fill=(240, 220, 60))
    return picture


def draw_fixtures():
    FIXTURES.mkdir(exist_ok=True)
    small, wide = scene(96, 72, 1), scene(160, 100, 2)
    wide.save(FIXTURES / "photo.jpg", quality=88)
    small.save(FIXTURES / "progressive.jpg", quality=80, progressive=True)
    small.convert("L").save(FIXTURES / "grey.jpg", quality=90)
    small.convert("CMYK").save(FIXTURES / "cmyk.jpg", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    wide.save(FIXTURES / "turned.jpg", quality=88, exif=exif)
    small.quantize(32).save(FIXTURES / "palette.png")
    grey = np.asarray(small.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(FIXTURES / "grey16.png")
    alpha = small.convert("RGBA")
    alpha.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 96).astype(np.uint8), (72, 1))))
    alpha.save(FIXTURES / "alpha.png")
    small.save(FIXTURES / "photo.webp", quality=85)
    small.quantize(64).save(FIXTURES / "frames.gif", save_all=True, append_images=[wide.resize((96, 72)).quantize(64)])
    small.resize((48, 36)).save(FIXTURES / "small.bmp")
    small.resize((48, 36)).save(FIXTURES / "small.tiff", compression="tiff_lzw")
    small.quantize(256).save(FIXTURES / "palette.tiff", compression="tiff_lzw")
    scene(32, 32, 3).save(FIXTURES / "tiny.jpg", quality=92)


def decoded(path):
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) / 257).round().astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return picture.convert("RGB")


def session(onnx):
    return onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])


def pictures():
    network = session(unpack("efficientnet-lite0.onnx.zst"))
    found = {}
    for path in sorted(FIXTURES.iterdir()):
        picture = decoded(path)
        grows = min(picture.size) < SIDE
        scaled = picture.resize((SIDE, SIDE), Image.BILINEAR if grows else Image.BICUBIC)
        pixels = ((np.asarray(scaled, np.float32) - 127) / 128).transpose(2, 0, 1)[None]
        embedding = network.run(["embedding"], {"image": pixels})[0][0]
        grid = np.asarray(picture.resize((4, 4), Image.BOX), int)
        found[path.name] = {
            "size": picture.size,
            "grid": grid.ravel().tolist(),
            "every_fifth": [round(float(it), 4) for it in embedding[::5]],
        }
    return found


def texts(name, prefix):
    tokenizer = Tokenizer.from_str(unpack(f"{name}.tokenizer.json.zst").decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    network = session(unpack(f"{name}.onnx.zst"))
    found = []
    for text in TEXTS:
        ids = np.array([tokenizer.encode(prefix + text).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        embedding = network.run(["sentence_embedding"], inputs)[0][0]
        found.append([round(float(it), 5) for it in embedding])
    return found


draw_fixtures()
reference = {
    "pictures": pictures(),
    "texts": TEXTS,
    "all-minilm-l6-v2": texts("all-minilm-l6-v2", ""),
    "multilingual-e5-small-zh-en": texts("multilingual-e5-small-zh-en", "query: "),
}
(HERE / "embeddings.json").write_text(json.dumps(reference, ensure_ascii=False, separators=(",", ":")) + "\n")
