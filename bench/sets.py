"""Writes the benchmark sets as plain files that `annota` imports.

    python3 bench/sets.py FOLDER

One entry a set: a class folder (a link to the published one) or a CSV with the
columns `text` and `label`. `SET` is the pool, `SET_test` the test split where
the set has one. Reads the folder named by ANNOTA_DATA.
"""

import csv
import os
import random
import sys
from pathlib import Path

DATA = Path(os.environ.get("ANNOTA_DATA", "../shared/data"))


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    link(out / "cifar10", DATA / "img-cls-cifar10/train")
    link(out / "cifar10_test", DATA / "img-cls-cifar10/test")
    link(out / "trashnet", DATA / "img-cls-trashnet/dataset-resized")
    for name, rows in {**agnews(), **banking77(), **sst2(), **chnsenticorp()}.items():
        write(out / f"{name}.csv", rows)
    print(f"sets: {out}")


def agnews():
    folder = DATA / "txt-cls-agnews"
    classes = folder.joinpath("classes.txt").read_text().split("\n")
    with open(folder / "test.csv", encoding="utf-8", newline="") as file:
        rows = [(f"{title}. {body}", classes[int(label) - 1].strip()) for label, title, body in csv.reader(file)]
    pick = lambda split: [rows[int(it)] for it in folder.joinpath(f"split_{split}.txt").read_text().split()]
    return {"agnews": pick("pool"), "agnews_test": pick("test")}


def banking77():
    def read(name):
        with open(DATA / "txt-cls-banking77" / name, encoding="utf-8", newline="") as file:
            return [(row["text"], row["category"]) for row in csv.DictReader(file)]

    return {"banking77": read("train.csv"), "banking77_test": read("test.csv")}


def sst2():
    def read(name):
        lines = (DATA / "txt-cls-sst2" / name).read_text(encoding="utf-8").splitlines()
        split = [line.rsplit("\t", 1) for line in lines if line.strip()]
        return [(text, "positive" if label == "1" else "negative") for text, label in split]

    return {"sst2": read("train.tsv"), "sst2_test": read("test.tsv")}


def chnsenticorp():
    """All 7,765 reviews with a text; for label efficiency, a pool of 6,000 of them (seed 0) and the rest."""
    path = DATA / "txt-zh-chnsenticorp-hotel/ChnSentiCorp_htl_all.csv"
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = [
            (row["review"], "positive" if row["label"] == "1" else "negative")
            for row in csv.DictReader(file)
            if row["review"].strip()
        ]
    shuffled = random.Random(0).sample(rows, len(rows))
    return {
        "chnsenticorp": rows,
        "chnsenticorp-split": shuffled[:6000],
        "chnsenticorp-split_test": shuffled[6000:],
    }


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(rows)


def link(path, target):
    if not path.is_symlink():
        path.symlink_to(target.resolve(), target_is_directory=True)


if __name__ == "__main__":
    main()
