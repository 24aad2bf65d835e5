"""Hypergeometric tails and allowed errors by scipy, for core::certify.

python crates/core/reference/certify.py > crates/core/reference/certify.json
"""

import json
import math

from scipy.stats import hypergeom

CDF = [
    (10, 4, 3, 0), (10, 4, 3, 1), (10, 8, 7, 5), (10, 8, 7, 4), (50, 5, 10, 2),
    (1923, 120, 500, 23), (1923, 97, 500, 0), (1923, 700, 500, 150), (887, 45, 200, 3),
    (10003, 501, 800, 30), (10003, 560, 800, 20), (50000, 2560, 1500, 59),
    (1000000, 50001, 3000, 120), (1000000, 20001, 3000, 20), (1000000, 400000, 30, 29), (50000, 3900, 1500, 1400),
    (50000, 3900, 1500, 130), (50000, 3900, 1500, 117),
]
ALLOWED = [
    (1923, 500, 97, 0.05), (50000, 1500, 2501, 0.05), (10000, 1000, 501, 0.05),
    (2299, 500, 115, 0.05), (887, 150, 45, 0.05), (887, 60, 45, 0.05), (887, 50, 45, 0.05),
    (8503, 700, 501, 0.05), (8503, 700, 201, 0.05), (8503, 700, 501, 0.01), (20, 5, 2, 0.05),
    (20, 19, 1, 0.06), (20, 18, 1, 0.2), (100, 0, 6, 0.05), (300000, 5000, 6001, 0.1),
]


def allowed(population, draws, first_forbidden, alpha):
    best = None
    for c in range(min(draws, population - first_forbidden) + 1):
        if hypergeom.cdf(c, population, first_forbidden + c, draws) <= alpha:
            best = c
    return best


def cdf_by_fractions(population, marked, draws, at_most):
    from fractions import Fraction

    ways = sum(
        math.comb(marked, k) * math.comb(population - marked, draws - k)
        for k in range(at_most + 1)
        if k <= marked and draws - k <= population - marked
    )
    return float(Fraction(ways, math.comb(population, draws)))


cdf = []
for case in CDF:
    by_scipy = float(hypergeom.cdf(case[3], case[0], case[1], case[2]))
    value = by_scipy
    if case[0] <= 50000:
        value = cdf_by_fractions(*case)
        assert math.isclose(value, by_scipy, rel_tol=1e-6), (case, value, by_scipy)
    cdf.append([*case, value])
print(json.dumps({"cdf": cdf, "allowed": [[*case, allowed(*case)] for case in ALLOWED]}, indent=1))
