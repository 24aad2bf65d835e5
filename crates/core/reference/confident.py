"""Reference values for `confident.rs` from cleanlab.

    python confident.py > confident.json

Needs numpy, scipy, cleanlab 2.9.
"""
import json
import sys

import cleanlab
import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_normalized_margin_for_each_label, get_self_confidence_for_each_label
from scipy.special import softmax

print("cleanlab", cleanlab.__version__, file=sys.stderr)


def case(rng_seed, n, prior, noise, sharpness, unused=0):
    """Labels that are wrong with the probabilities `noise` (by class), mostly
    towards the next class; `unused` more classes that no label has."""
    rng = np.random.default_rng(rng_seed)
    n_classes = len(prior) + unused
    truth = rng.choice(len(prior), size=n, p=prior)
    wrong = np.where(rng.random(n) < 0.7, (truth + 1) % len(prior), rng.integers(0, len(prior), n))
    labels = np.where(rng.random(n) < np.array(noise)[truth], wrong, truth)
    logits = rng.normal(size=(n, n_classes)) - 0.2 * np.arange(n_classes)
    logits[np.arange(n), truth] += sharpness
    logits = np.round(logits, 4).astype(np.float32)
    p = softmax(logits.astype(float), axis=1)
    joint = compute_confident_joint(labels, p)
    really = joint.sum(axis=0)
    suspects = find_label_issues(labels, p, return_indices_ranked_by="self_confidence", n_jobs=1)
    return {
        "n_classes": n_classes,
        "logits": [float(f"{x:.4f}") for x in logits.ravel()],
        "labels": labels.tolist(),
        "thresholds": get_confident_thresholds(labels, p).tolist(),
        "joint": joint.ravel().tolist(),
        "noise": np.divide(joint, really, out=np.zeros(joint.shape), where=really > 0).ravel().tolist(),
        "suspects": suspects.tolist(),
        "self_confidence": get_self_confidence_for_each_label(labels, p).round(9).tolist(),
        "normalised_margin": get_normalized_margin_for_each_label(labels, p).round(9).tolist(),
    }


print(
    json.dumps(
        [
            case(1, 150, [0.5, 0.3, 0.2], [0.1, 0.3, 0.0], 2.0),
            case(2, 100, [0.8, 0.2], [0.2, 0.1], 1.0),
            case(3, 200, [0.3, 0.25, 0.2, 0.15, 0.1], [0.4, 0.1, 0.0, 0.5, 0.2], 2.5),
            case(4, 120, [0.9, 0.06, 0.04], [0.3, 0.9, 0.9], 1.5),
            case(5, 90, [0.6, 0.4], [0.2, 0.3], 2.0, unused=1),
            case(6, 60, [0.4, 0.3, 0.1, 0.1, 0.05, 0.05], [0.5] * 6, 3.0),
            case(7, 30, [0.1, 0.3, 0.6], [0.9, 0.9, 0.6], 3.0),
        ]
    )
)
