"""Reference values for `agree.rs` from statsmodels, scikit-learn and krippendorff.

    python agree.py > agree.json

Needs numpy, scipy, scikit-learn, statsmodels, krippendorff. The jackknife
intervals are the definition, computed by leaving out each item in turn.
"""
import json
import sys
from importlib.metadata import version

import krippendorff
import numpy as np
from scipy.stats import t
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

print({it: version(it) for it in ["statsmodels", "scikit-learn", "krippendorff"]}, file=sys.stderr)


def answers(rng, n, n_classes, prior, noise, n_answers):
    truth = rng.choice(n_classes, size=n, p=prior)
    # Every annotator errs in an own way: to the next class, or at random.
    columns = []
    for annotator in range(n_answers):
        wrong = (truth + 1) % n_classes if annotator % 2 else rng.integers(0, n_classes, n)
        columns.append(np.where(rng.random(n) < noise, wrong, truth))
    return np.stack(columns, axis=1)


def jackknife(items, statistic):
    value = statistic(items)
    without = np.array([statistic(items[:i] + items[i + 1 :]) for i in range(len(items))])
    n = len(items)
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    half = t.ppf(0.975, n - 1) * error
    return float(value), float(value - half), float(value + half)


def kappa(rng_seed, n, prior, noise):
    rng = np.random.default_rng(rng_seed)
    n_classes = len(prior)
    x, y = answers(rng, n, n_classes, prior, noise, 2).T
    table = np.zeros((n_classes, n_classes))
    np.add.at(table, (x, y), 1)
    result = cohens_kappa(table)
    assert abs(result.kappa - cohen_kappa_score(x, y)) < 1e-12
    low, high = float(result.kappa_low), float(result.kappa_upp)
    return {"n_classes": n_classes, "x": x.tolist(), "y": y.tolist(), "value": float(result.kappa), "low": low, "high": high}


def fleiss(rng_seed, n, prior, noise, n_answers):
    rng = np.random.default_rng(rng_seed)
    n_classes = len(prior)
    items = answers(rng, n, n_classes, prior, noise, n_answers).tolist()

    def statistic(items):
        return fleiss_kappa(aggregate_raters(np.array(items), n_cat=n_classes)[0])

    value, low, high = jackknife(items, statistic)
    return {"n_classes": n_classes, "items": items, "value": value, "low": low, "high": high}


def alpha(rng_seed, n, prior, noise, n_answers, missing):
    rng = np.random.default_rng(rng_seed)
    n_classes = len(prior)
    table = answers(rng, n, n_classes, prior, noise, n_answers)
    kept = rng.random(table.shape) >= missing
    items = [row[keep].tolist() for row, keep in zip(table, kept)]
    # Items with one answer are noise on purpose, and left out of the jackknife.
    pairable = [it for it in items if len(it) >= 2]

    def statistic(level):
        def of(items):
            counts = np.array([np.bincount(it, minlength=n_classes) for it in items])
            return krippendorff.alpha(value_counts=counts, value_domain=list(range(n_classes)), level_of_measurement=level)

        return of

    nominal, interval = (jackknife(pairable, statistic(level)) for level in ("nominal", "interval"))
    return {
        "n_classes": n_classes,
        "items": items,
        "nominal": nominal[0],
        "nominal_low": nominal[1],
        "nominal_high": nominal[2],
        "interval": interval[0],
        "interval_low": interval[1],
        "interval_high": interval[2],
    }


print(
    json.dumps(
        {
            "kappa": [kappa(1, 80, [0.6, 0.3, 0.1], 0.3), kappa(2, 50, [0.8, 0.2], 0.2), kappa(3, 120, [0.2] * 5, 0.6)],
            "fleiss": [fleiss(4, 40, [0.5, 0.3, 0.2], 0.3, 3), fleiss(5, 30, [0.7, 0.3], 0.4, 5)],
            "alpha": [
                alpha(6, 40, [0.5, 0.3, 0.2], 0.3, 3, 0.2),
                alpha(7, 30, [0.4, 0.3, 0.2, 0.1], 0.5, 5, 0.5),
                alpha(8, 25, [0.9, 0.1], 0.2, 2, 0.0),
            ],
        }
    )
)
