"""Reference values for `calibrate.rs` from scikit-learn and SciPy.

    python calibrate.py > calibrate.json

Needs numpy, scipy, scikit-learn >= 1.7 (made with the versions printed on stderr).
"""
import json
import sys

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

print("numpy", np.__version__, "scipy", scipy.__version__, "scikit-learn", sklearn.__version__, file=sys.stderr)


def case(rng_seed, n, n_classes, true_temperature):
    rng = np.random.default_rng(rng_seed)
    # Float32 from the start: the values Rust reads are exactly these.
    logits = np.round(rng.normal(scale=2.0, size=(n, n_classes)) - np.arange(n_classes) * 0.4, 4).astype(np.float32)
    truth = softmax(logits.astype(float) / true_temperature, axis=1)
    labels = np.array([rng.choice(n_classes, p=p) for p in truth])
    p = softmax(logits.astype(float), axis=1)
    confidence, correct = p.max(1), p.argmax(1) == labels
    accuracy_of_bin, confidence_of_bin = calibration_curve(correct, confidence, n_bins=15)
    bin_of = np.searchsorted(np.linspace(0, 1, 16)[1:-1], confidence)
    counts = np.bincount(bin_of, minlength=15)
    counts = counts[counts > 0]
    ece = float(np.sum(counts * np.abs(accuracy_of_bin - confidence_of_bin)) / n)
    onehot = np.eye(n_classes)[labels]

    def loss(ln_t):
        return -log_softmax(logits.astype(float) / np.exp(ln_t), axis=1)[np.arange(n), labels].mean()

    best = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded", options={"xatol": 1e-10})
    return {
        "n_classes": n_classes,
        "logits": [float(f"{x:.4f}") for x in logits.ravel()],
        "labels": labels.tolist(),
        "bins": [[int(c), float(f), float(a)] for c, f, a in zip(counts, confidence_of_bin, accuracy_of_bin)],
        "ece": ece,
        "brier": float(((p - onehot) ** 2).sum(1).mean()),
        "log_loss": float(log_loss(labels, p, labels=range(n_classes))),
        "temperature": float(np.exp(best.x)),
    }


print(json.dumps([case(1, 60, 3, 1.0), case(2, 80, 2, 2.5), case(3, 40, 7, 0.5), case(4, 100, 4, 4.0)]))
