"""Reference values for the query strategies, from scikit-activeml 1.0.1.

Run with `pip install scikit-activeml==1.0.1`, from this folder:

    python acquire.py > acquire.json

`_typicality` and `_d_2` are the functions TypiClust (with its own five
neighbours) and Badge use; DropQuery's disagreement is its formula on recorded
masks, since it draws them itself.
"""

import json
import sys

import numpy as np
from sklearn.cluster import KMeans
from skactiveml.pool import CoreSet, uncertainty_scores
from skactiveml.pool._badge import _d_2
from skactiveml.pool._typi_clust import _typicality

N_ROWS, DIM, N_CLASSES = 24, 5, 3
rng = np.random.default_rng(20)

# Skewed on purpose: no symmetry to hide a swapped axis or sign.
embeddings = rng.gamma(1.5, size=(N_ROWS, DIM)) - np.array([0.2, 0.9, 1.4, 2.0, 0.5])
embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
embeddings = embeddings.astype(np.float32).astype(float)
probabilities = rng.dirichlet([0.4, 1.0, 2.5], size=N_ROWS).clip(1e-4)
probabilities /= probabilities.sum(axis=1, keepdims=True)

margin = uncertainty_scores(probabilities, method="margin_sampling")
labelled = [3, 17]
y = np.full(N_ROWS, np.nan)
y[labelled] = [0, 1]

residuals = probabilities - np.eye(N_CLASSES)[probabilities.argmax(axis=1)]
gradients = (residuals[:, :, None] * embeddings[:, None, :]).reshape(N_ROWS, -1)
centers = [5, 11]
distances = _d_2(gradients, [])
squared_norms = distances
for center in centers:
    distances = _d_2(gradients, [center], distances)

masks = rng.random((3, N_ROWS, DIM)) < 0.75
weights = rng.normal(size=(N_CLASSES, DIM))
plain = (embeddings @ weights.T).argmax(axis=1)
dropped = [(np.where(mask, 0.0, embeddings) @ weights.T).argmax(axis=1) for mask in masks]
n_changes = sum((it != plain).astype(int) for it in dropped)

seeds = [1, 8, 20, 22]
k_means = KMeans(4, init=embeddings[seeds], n_init=1, max_iter=100, tol=0, algorithm="lloyd")
k_means.fit(embeddings)

json.dump(
    {
        "dim": DIM,
        "n_classes": N_CLASSES,
        "embeddings": embeddings.ravel().tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "entropy": uncertainty_scores(probabilities, method="entropy").tolist(),
        "least_confidence": uncertainty_scores(probabilities, method="least_confident").tolist(),
        "margin": margin.tolist(),
        "margin_batch": np.argsort(-margin)[:5].tolist(),
        "labelled": labelled,
        "k_center_batch": CoreSet(random_state=0).query(embeddings, y, batch_size=6).tolist(),
        "badge_squared_norms": squared_norms.tolist(),
        "badge_centers": centers,
        "badge_squared_distances": distances.tolist(),
        "typicality": _typicality(embeddings, np.arange(N_ROWS), 5).tolist(),
        "masks": masks.astype(int).ravel().tolist(),
        "weights": weights.ravel().tolist(),
        "n_changes": n_changes.tolist(),
        "k_means_seeds": seeds,
        "k_means_centroids": k_means.cluster_centers_.ravel().tolist(),
        "k_means_inertia": k_means.inertia_,
    },
    sys.stdout,
    indent=None,
)
print()
