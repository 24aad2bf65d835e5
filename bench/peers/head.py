"""scikit-learn's side of `head`: fits x.npy, y.npy of a folder, prints JSON.

    python head.py FOLDER RUNS

L-BFGS on 32-bit features with C = 10 and the default tolerance, as a user of
scikit-learn would; the fastest of RUNS fits counts, and the mean of the
processor's seconds.
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

best, cpu = float("inf"), 0.0
for _ in range(runs):
    model = LogisticRegression(C=10, max_iter=1_000)
    start, cpu_start = time.perf_counter(), time.process_time()
    model.fit(features, classes)
    best = min(best, time.perf_counter() - start)
    cpu += (time.process_time() - cpu_start) / runs

log_p = model.predict_log_proba(features.astype(np.float64))
loss = -log_p[np.arange(len(classes)), np.searchsorted(model.classes_, classes)].sum()
objective = loss + (model.coef_.astype(np.float64) ** 2).sum() / 20
print(json.dumps({"seconds": best, "cpu_seconds": cpu, "objective": float(objective)}))
