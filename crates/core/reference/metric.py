"""Reference values for `metric/` from statsmodels and scikit-learn.

    python metric.py > metric.json

Needs numpy, scikit-learn, statsmodels.
"""
import json
import sys

import numpy as np
import sklearn
import statsmodels
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support
from statsmodels.stats.proportion import proportion_confint

print("scikit-learn", sklearn.__version__, "statsmodels", statsmodels.__version__, file=sys.stderr)


def interval(successes, n, confidence):
    bounds = {
        name: [float(x) for x in proportion_confint(successes, n, alpha=1 - confidence, method=method)]
        for name, method in [("wilson", "wilson"), ("clopper_pearson", "beta")]
    }
    return {"successes": successes, "n": n, "confidence": confidence, **bounds}


def scores(rng_seed, n, prior, accuracy):
    rng = np.random.default_rng(rng_seed)
    n_classes = len(prior)
    answers = rng.choice(n_classes, size=n, p=prior)
    # Errors lean to one side, so that precision and recall differ.
    labels = np.where(rng.random(n) < accuracy, answers, np.minimum(answers + rng.integers(1, 3, n), n_classes - 1))
    precision, recall, f1, support = precision_recall_fscore_support(
        answers, labels, labels=range(n_classes), zero_division=np.nan
    )
    value = lambda xs: [None if np.isnan(x) else float(x) for x in xs]
    return {
        "n_classes": n_classes,
        "answers": answers.tolist(),
        "labels": labels.tolist(),
        "confusion": confusion_matrix(answers, labels, labels=range(n_classes)).ravel().tolist(),
        "precision": value(precision),
        "recall": value(recall),
        "f1": value(f1),
        "support": support.tolist(),
        "accuracy": float(accuracy_score(answers, labels)),
        "micro_f1": float(f1_score(answers, labels, average="micro")),
        "macro_f1": float(f1_score(answers, labels, average="macro")),
    }


counts = [(0, 21), (21, 21), (1, 30), (7, 30), (59, 60), (120, 1_000), (999, 1_000), (31_234, 100_000)]
print(
    json.dumps(
        {
            "intervals": [interval(k, n, c) for k, n in counts for c in (0.9, 0.95, 0.999)],
            "scores": [
                scores(1, 400, [0.6, 0.3, 0.1], 0.8),
                scores(2, 300, [0.5, 0.5], 0.9),
                scores(3, 1_500, [0.3, 0.25, 0.2, 0.15, 0.1], 0.7),
            ],
        }
    )
)
