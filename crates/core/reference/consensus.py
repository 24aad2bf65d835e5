"""Reference values for `consensus.rs` from crowd-kit and cleanlab.

    python consensus.py > consensus.json

Needs numpy, pandas, scipy, crowd-kit 1.4, cleanlab 2.9. crowd-kit stops by a
bound that counts the prior once per answer, so it is run for a fixed number of
rounds instead.
"""
import json
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from cleanlab.multiannotator import get_label_quality_multiannotator
from crowdkit.aggregation import DawidSkene
from scipy.special import softmax

ROUNDS = 60
warnings.simplefilter("ignore")
print({it: version(it) for it in ["crowd-kit", "cleanlab"]}, file=sys.stderr)


def case(rng_seed, n, prior, skills, missing, sharpness):
    rng = np.random.default_rng(rng_seed)
    n_classes, n_annotators = len(prior), len(skills)
    truth = rng.choice(n_classes, size=n, p=prior)
    table = np.full((n, n_annotators), np.nan)
    for annotator, skill in enumerate(skills):
        # Even annotators lean to class 0, odd ones err at random.
        wrong = rng.integers(0, n_classes, n) * (annotator % 2)
        table[:, annotator] = np.where(rng.random(n) < skill, truth, wrong)
    table[rng.random(table.shape) < missing] = np.nan
    empty = np.isnan(table).all(axis=1)
    table[empty, 0] = truth[empty]
    logits = rng.normal(size=(n, n_classes))
    logits[np.arange(n), truth] += sharpness
    logits = np.round(logits, 4).astype(np.float32)
    p = softmax(logits.astype(float), axis=1)

    rows, annotators = np.nonzero(~np.isnan(table))
    classes = table[rows, annotators].astype(int)
    long = pd.DataFrame({"task": rows, "worker": annotators, "label": classes})
    model = DawidSkene(n_iter=ROUNDS, tol=-np.inf)
    posterior = model.fit_predict_proba(long).reindex(index=range(n), columns=range(n_classes))

    result = get_label_quality_multiannotator(table, p, verbose=False, return_weights=True)
    quality = result["label_quality"]
    annotator_stats = result["annotator_stats"].sort_index()
    return {
        "n_classes": n_classes,
        "answers": [[int(r), int(a), int(c)] for r, a, c in zip(rows, annotators, classes)],
        "logits": [float(f"{x:.4f}") for x in logits.ravel()],
        "rounds": ROUNDS,
        "posterior": posterior.to_numpy().ravel().round(12).tolist(),
        "prior": model.priors_.reindex(range(n_classes)).tolist(),
        "consensus": quality["consensus_label"].tolist(),
        "quality": quality["consensus_quality_score"].tolist(),
        "model_weight": float(result["model_weight"]),
        "annotator_weights": result["annotator_weight"].tolist(),
        "annotator_quality": annotator_stats["annotator_quality"].tolist(),
    }


print(
    json.dumps(
        [
            case(1, 60, [0.5, 0.3, 0.2], [0.9, 0.8, 0.6, 0.5], 0.3, 2.0),
            case(2, 80, [0.7, 0.3], [0.95, 0.7, 0.8], 0.2, 1.0),
            case(3, 50, [0.3, 0.3, 0.2, 0.2], [0.9, 0.4, 0.8, 0.7, 0.6], 0.5, 1.5),
        ]
    )
)
