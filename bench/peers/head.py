"""scikit-learn's side of `head`: fits x.npy, y.npy of a folder, prints JSON.

    python head.py FOLDER RUNS

L-BFGS on 32-bit features with C = 10 and the default tolerance, as a user of
scikit-learn would; the fastest of RUNS fits counts.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

folder, runs = Path(sys.argv[1]), int(sys.argv[2])
features = np.load(folder / "x.npy")
classes = np.load(folder / "y.npy")

best = float("inf")
for _ in range(runs):
    model = LogisticRegression(C=10, max_iter=1_000)
    start = time.perf_counter()
    model.fit(features, classes)
    best = min(best, time.perf_counter() - start)

log_p = model.predict_log_proba(features.astype(np.float64))
loss = -log_p[np.arange(len(classes)), np.searchsorted(model.classes_, classes)].sum()
objective = loss + (model.coef_.astype(np.float64) ** 2).sum() / 20
print(json.dumps({"seconds": best, "objective": float(objective)}))
