"""Reference values for the heads: scikit-learn's logistic regression and the
fixed point of label propagation by a dense solve. Writes head.json beside it.

    python head.py            # numpy, scikit-learn 1.5 or later
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(3)


def rounded(values):
    return np.asarray(values, dtype=np.float64).round(9).tolist()


def logistic(n_rows, dim, n_classes):
    centres = rng.normal(size=(n_classes, dim))
    classes = rng.choice(n_classes, n_rows, p=np.arange(1, n_classes + 1) / sum(range(n_classes + 1)))
    features = (0.6 * centres[classes] + rng.normal(size=(n_rows, dim))) * np.linspace(1.5, 0.2, dim)
    features = features.astype(np.float32).astype(np.float64)
    model = LogisticRegression(C=10, tol=1e-12, max_iter=100_000).fit(features, classes)
    if n_classes == 2:  # scikit-learn's one row of weights is half of softmax's difference
        raise ValueError("use three classes or more")
    log_p = model.predict_log_proba(features)
    objective = -log_p[np.arange(n_rows), classes].sum() + (model.coef_**2).sum() / 20
    return {
        "dim": dim,
        "n_classes": n_classes,
        "features": rounded(features.ravel()),
        "classes": classes.tolist(),
        "weights": rounded(model.coef_.ravel()),
        "intercept": rounded(model.intercept_ - model.intercept_.mean()),
        "objective": float(objective),
    }


def propagation(n_rows, k):
    points = rng.normal(size=(n_rows, 3)).astype(np.float32).astype(np.float64)
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    similarity = units @ units.T
    np.fill_diagonal(similarity, -9)
    order = np.argsort(-similarity, axis=1)[:, :k]
    squared = 2 - 2 * similarity
    scale = np.sqrt(squared[np.arange(n_rows), order[:, min(k, 10) - 1]])
    weights = np.zeros((n_rows, n_rows))
    for i in range(n_rows):
        for j in order[i]:
            weights[i, j] = np.exp(-squared[i, j] / (scale[i] * scale[j]))
    weights = np.maximum(weights, weights.T)
    degree = weights.sum(1)
    smooth = weights / np.sqrt(np.outer(degree, degree))
    sources = np.zeros((n_rows, 2))
    sources[[0, 5], 0] = 0.5
    sources[3, 1] = 1
    fixed = 0.1 * np.linalg.solve(np.eye(n_rows) - 0.9 * smooth, sources)
    return {"k": k, "points": rounded(points.ravel()), "fixed_point": rounded(fixed.T.ravel())}


reference = {"logistic": [logistic(40, 5, 3), logistic(25, 30, 4)], "propagation": propagation(60, 4)}
Path(__file__).with_suffix(".json").write_text(json.dumps(reference) + "\n")
