"""Risks by scikit-learn's logistic regression, for core::rank.

python crates/core/reference/rank.py > crates/core/reference/rank.json
"""

import json

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(5)
cases = []
for n, dim, penalty in [(40, 3, 1.0), (120, 6, 0.1), (30, 12, 10.0)]:
    signals = (rng.normal(size=(n, dim)) * rng.uniform(0.1, 9.0, dim) + rng.normal(size=dim)).astype(np.float32)
    scores = (signals - signals.mean(0)) / signals.std(0)
    wrong = rng.random(n) < 1 / (1 + np.exp(1 - 2 * scores[:, 0] + scores[:, -1]))
    model = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=10000).fit(scores.astype(float), wrong)
    cases.append({
        "n_signals": dim,
        "signals": [round(float(x), 6) for x in signals.ravel()],
        "wrong": wrong.tolist(),
        "penalty": penalty,
        "risks": model.predict_proba(scores.astype(float))[:, 1].tolist(),
    })
print(json.dumps(cases))
