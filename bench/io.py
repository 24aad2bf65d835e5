"""Import of 100,000 small files and export of 100,000 labels.

    python3 bench/io.py WORK_FOLDER

Writes 100,000 different 8 x 8 grey PNG files into ten class folders (once),
then times `annota import` into a new project and `annota export csv` of the
labels that came with the folders. SEEDS sets the number of repetitions.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

FILES = 100_000
ANNOTA = os.environ["ANNOTA"]


def main():
    work = Path(sys.argv[1])
    folder = work / "files"
    if not (folder / "complete").exists():
        write_files(folder)
    repetitions = int(os.environ.get("SEEDS", "3"))
    imports, exports = zip(*(once(work, folder) for _ in range(repetitions)))
    report("import", sorted(imports)[repetitions // 2], limit=60)
    report("export", sorted(exports)[repetitions // 2], limit=10)


def once(work, folder):
    project = work / "project"
    shutil.rmtree(project, ignore_errors=True)
    classes = ",".join(f"class{it}" for it in range(10))
    run("init", project, "--classes", classes)
    imported = run("import", folder / "data", "--project", project, "--as", "gold")
    exported = run("export", "csv", work / "labels.csv", "--project", project)
    with open(work / "labels.csv", encoding="utf-8") as file:
        rows = sum(1 for _ in file) - 1
    assert rows == FILES, f"exported {rows} labels of {FILES}"
    return imported, exported


def run(*arguments):
    start = time.monotonic()
    subprocess.run([ANNOTA, *map(str, arguments), "--quiet"], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def report(name, seconds, limit):
    line = {"bench": "io", "set": f"{name}-{FILES}", "ours": round(seconds, 2), "unit": "s", "limit": limit}
    print(json.dumps(line), flush=True)
    print(f"{name:8} {FILES} in {seconds:6.1f} s (aim: under {limit} s)", file=sys.stderr)


def write_files(folder):
    print(f"bench: writing {FILES} files once", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    for index in range(FILES):
        place = folder / "data" / f"class{index % 10}"
        if index < 10:
            place.mkdir(parents=True)
        (place / f"{index:06}.png").write_bytes(png(index))
    (folder / "complete").touch()


def png(number):
    """An 8 x 8 grey picture that shows `number` in its first bytes."""
    pixels = struct.pack(">I", number) + bytes(60)
    rows = b"".join(b"\0" + pixels[8 * y : 8 * y + 8] for y in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


if __name__ == "__main__":
    main()
