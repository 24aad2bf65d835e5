"""Reference values for `information.rs` from SciPy and scikit-learn.

    python information.py > information.json

Needs numpy, scipy, scikit-learn.
"""
import json
import sys

import numpy as np
import scipy
import sklearn
from scipy.special import softmax
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

print("scipy", scipy.__version__, "scikit-learn", sklearn.__version__, file=sys.stderr)


def labels(rng_seed, n, prior, noise):
    rng = np.random.default_rng(rng_seed)
    n_classes = len(prior)
    x = rng.choice(n_classes, size=n, p=prior)
    y = np.where(rng.random(n) < noise, rng.integers(0, n_classes, n), (x + 1) % n_classes)
    joint = np.zeros((n_classes, n_classes))
    np.add.at(joint, (x, y), 1)
    return {
        "n_classes": n_classes,
        "x": x.tolist(),
        "y": y.tolist(),
        "entropy_x": float(entropy(joint.sum(1))),
        "entropy_y": float(entropy(joint.sum(0))),
        "joint": float(entropy(joint.ravel())),
        "mutual_information": float(mutual_info_score(x, y)),
        "normalised": float(normalized_mutual_info_score(x, y)),
    }


def soft(rng_seed, n, n_a, n_b):
    rng = np.random.default_rng(rng_seed)
    hidden = rng.normal(size=(n, 3))
    a, b = (np.round(hidden @ rng.normal(size=(3, k)) * 2 + rng.normal(size=(n, k)), 3) for k in (n_a, n_b))
    p, q = softmax(a, axis=1), softmax(b, axis=1)
    # Mutual information as the divergence of the joint from independence.
    joint = p.T @ q / n
    return {
        "n_a": n_a,
        "n_b": n_b,
        "a": [round(float(v), 3) for v in a.ravel()],
        "b": [round(float(v), 3) for v in b.ravel()],
        "mutual_information": float(entropy(joint.ravel(), np.outer(joint.sum(1), joint.sum(0)).ravel())),
        "first_row_entropy": float(entropy(p[0])),
    }


print(
    json.dumps(
        {
            "labels": [
                labels(1, 60, [0.6, 0.3, 0.1], 0.5),
                labels(2, 100, [0.9, 0.1], 0.9),
                labels(3, 80, [0.4, 0.2, 0.2, 0.1, 0.1], 0.2),
            ],
            "soft": [soft(4, 50, 3, 4), soft(5, 70, 2, 2), soft(6, 40, 6, 3)],
        }
    )
)
