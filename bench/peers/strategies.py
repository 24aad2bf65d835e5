"""Seconds that one of scikit-activeml's strategies takes to choose a batch.

    python strategies.py STRATEGY N N_LABELLED EMBEDDINGS.npy WEIGHTS.npy

Prints one JSON object: `seconds` of the call of `query`, or `note` why there
are none. The first N_LABELLED rows are labelled; the model is linear and given,
so no time goes into fitting it. PEER_SECONDS (300) and PEER_GIB (12) bound it.
"""

import json
import os
import resource
import signal
import sys
import time

import numpy as np
from skactiveml import pool
from skactiveml.base import SkactivemlClassifier

SECONDS = int(os.environ.get("PEER_SECONDS", "300"))
GIB = int(os.environ.get("PEER_GIB", "12"))


class Linear(SkactivemlClassifier):
    """A linear model that is already fitted."""

    def __init__(self, weights=None, classes=None, missing_label=np.nan, cost_matrix=None, random_state=None):
        super().__init__(
            classes=classes, missing_label=missing_label, cost_matrix=cost_matrix, random_state=random_state
        )
        self.weights = weights

    def fit(self, X, y, sample_weight=None):
        self._validate_data(X, y, sample_weight)
        return self

    def predict_proba(self, X):
        logits = 10.0 * (X @ self.weights.T)
        proba = np.exp(logits - logits.max(axis=1, keepdims=True))
        return proba / proba.sum(axis=1, keepdims=True)


def strategies(classifier, n_classes):
    """By our name: the strategy and what its `query` needs beside X and y."""
    model = {"clf": classifier, "fit_clf": False}
    uncertainty = lambda method: (pool.UncertaintySampling(method=method, random_state=0), model)
    return {
        "random": lambda: (pool.RandomSampling(random_state=0), {}),
        "entropy": lambda: uncertainty("entropy"),
        "margin": lambda: uncertainty("margin_sampling"),
        "least_confidence": lambda: uncertainty("least_confident"),
        "typiclust": lambda: (pool.TypiClust(random_state=0), {}),
        "k_center": lambda: (pool.CoreSet(random_state=0), {}),
        "badge": lambda: (pool.Badge(random_state=0), model),
        "prob_cover": lambda: (pool.ProbCover(n_classes=n_classes, random_state=0), {}),
        "drop_query": lambda: (pool.DropQuery(random_state=0), model),
        "uherding": lambda: (pool.MaxHerding(random_state=0), {}),
        "discriminative": lambda: (
            pool.DiscriminativeAL(random_state=0),
            {"discriminator": Linear(classifier.weights[:2], classes=[0, 1])},
        ),
    }


def main():
    name, n, n_labelled, embeddings, weights = sys.argv[1:]
    x, weights = np.load(embeddings), np.load(weights)
    n, n_labelled, n_classes = int(n), int(n_labelled), len(weights)
    y = np.full(len(x), np.nan)
    y[:n_labelled] = np.arange(n_labelled) % n_classes
    classifier = Linear(weights, classes=list(range(n_classes)))
    classifier.fit(x[:n_labelled], y[:n_labelled])
    available = strategies(classifier, n_classes)
    if name not in available:
        return {"note": "scikit-activeml has no such strategy"}
    resource.setrlimit(resource.RLIMIT_AS, (GIB << 30, GIB << 30))
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SECONDS)
    strategy, needs = available[name]()
    start = time.perf_counter()
    try:
        batch = strategy.query(x, y, batch_size=n, **needs)
    except MemoryError:
        return {"note": f"does not end within {GIB} GiB"}
    except TimeoutError:
        return {"note": f"does not end within {SECONDS} s"}
    seconds = time.perf_counter() - start
    if len(set(batch.tolist() if hasattr(batch, "tolist") else batch)) != n:
        return {"note": "returned fewer rows than asked for"}
    return {"seconds": seconds}


def give_up(_signal, _frame):
    raise TimeoutError


if __name__ == "__main__":
    print(json.dumps(main()))
