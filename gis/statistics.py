"""Statistics of hot spots in space and in time, with their significance.

`gi_star`: Getis and Ord 1992; Ord and Getis 1995, equation 14. `fdr`: Benjamini and Hochberg 1995. `mann_kendall`:
Mann 1945, with Kendall's correction for ties. `scan`: the space-time permutation scan of Kulldorff, Heffernan, Hartman,
Assunção and Mostashari 2005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import ndtr

Floats = NDArray[np.float64]
LEVELS = ((0.01, 99), (0.05, 95), (0.10, 90))  # corrected p below → confidence in per cent


def gi_star(counts: Floats, weights: csr_matrix) -> Floats:
    """Gi* of each cell as a standard deviate; `weights` (n, n) hold 1 for the cell itself and its neighbours.

    Zeros where all counts are equal: nothing stands out.
    """
    n = len(counts)
    mean, deviation = counts.mean(), counts.std()
    near = np.asarray(weights.sum(axis=1)).ravel()
    squares = np.asarray(weights.multiply(weights).sum(axis=1)).ravel()
    spread = deviation * np.sqrt(np.maximum(n * squares - near**2, 0) / max(n - 1, 1))
    above = weights @ counts - mean * near
    return np.asarray(np.divide(above, spread, out=np.zeros(n), where=spread > 0), dtype=np.float64)


def two_sided(z: Floats) -> Floats:
    """The chance of a deviate at least as far from zero."""
    return np.asarray(2 * ndtr(-np.abs(z)), dtype=np.float64)


def fdr(p: Floats) -> Floats:
    """p-values corrected for their number: of the cells called significant at `q`, at most a share `q` is by chance."""
    n = len(p)
    if not n:
        return p
    order = np.argsort(p)[::-1]
    scaled = p[order] * n / np.arange(n, 0, -1)
    corrected = np.empty(n)
    corrected[order] = np.minimum(np.minimum.accumulate(scaled), 1)
    return corrected


def level(z: float, q: float) -> int:
    """99, 95 or 90 per cent for a hot cell, the same below zero for a cold one; 0 for what may be chance."""
    for below, confidence in LEVELS:
        if q < below:
            return confidence if z > 0 else -confidence
    return 0


def mann_kendall(series: Floats) -> Floats:
    """The trend of each row of (n, times) as a standard deviate; 0 without one."""
    n, times = series.shape
    s = np.zeros(n)
    for later in range(1, times):
        s += np.sign(series[:, [later]] - series[:, :later]).sum(axis=1)
    variance = np.full(n, times * (times - 1) * (2 * times + 5) / 18.0)
    for index, row in enumerate(series):
        _, ties = np.unique(row, return_counts=True)
        variance[index] -= (ties * (ties - 1) * (2 * ties + 5)).sum() / 18.0
    spread = np.sqrt(np.maximum(variance, 0))
    return np.asarray(np.divide(s - np.sign(s), spread, out=np.zeros(n), where=spread > 0), dtype=np.float64)


@dataclass(frozen=True)
class Cluster:
    """A cylinder with more cases than its places and times alone explain: places, slices [first, end), and chance."""

    centre: int
    cells: tuple[int, ...]
    first: int
    end: int
    cases: int
    expected: float
    likelihood: float  # logarithm of the ratio
    p: float


def discs(centres: Floats, radii_m: tuple[float, ...], around: NDArray[np.int64]) -> csr_matrix:
    """Which cells lie within each radius of each of the cells `around`; rows: radius by radius, then cell."""
    rows, columns = [], []
    for position, radius in enumerate(radii_m):
        for index, cell in enumerate(around):
            held = np.flatnonzero(np.hypot(*(centres - centres[cell]).T) <= radius + 1e-6)
            rows.append(np.full(len(held), position * len(around) + index))
            columns.append(held)
    flat_rows, flat_columns = np.concatenate(rows), np.concatenate(columns)
    shape = (len(radii_m) * len(around), len(centres))
    return csr_matrix((np.ones(len(flat_rows)), (flat_rows, flat_columns)), shape=shape)


def scan(
    cells: NDArray[np.int64], slices: NDArray[np.int64], inside: csr_matrix, around: NDArray[np.int64], *, times: int,
    runs: int = 199, seed: int = 1, limit: int = 5,
) -> list[Cluster]:  # fmt: skip
    """Clusters of cases in space and time, the most likely first, none sharing a cell with one before it.

    Parameters
    ----------
    cells, slices
        The cell and the time slice of each case.
    inside
        The discs (`discs`) around the cells `around`.
    runs
        Shuffles of the times over the cases; p is the rank of the cluster among their best ones, 1/(runs + 1) at least.
    """
    total = len(cells)
    if total < 2 or times < 2:
        return []
    spans = [(first, end) for first in range(times) for end in range(first + 1, times + 1)
             if end - first <= max(1, times // 2)]  # fmt: skip
    per_cell = np.bincount(cells, minlength=inside.shape[1]).astype(float)
    per_slice = np.bincount(slices, minlength=times).astype(float)
    in_disc = inside @ per_cell
    in_span = np.array([per_slice[first:end].sum() for first, end in spans])
    expected = np.outer(in_disc, in_span) / total
    usable = (expected > 0) & (expected <= total / 2)
    found = _ratios(_held(cells, slices, inside, times, spans), expected, usable, total)
    random = np.random.default_rng(seed)
    best = [
        _ratios(_held(cells, random.permutation(slices), inside, times, spans), expected, usable, total).max()
        for _ in range(runs)
    ]
    held = _held(cells, slices, inside, times, spans)
    return _separate(found, held, expected, np.array(best), inside, around, spans, limit)


def _held(cells: NDArray[np.int64], slices: NDArray[np.int64], inside: csr_matrix, times: int,
          spans: list[tuple[int, int]]) -> Floats:  # fmt: skip
    """Cases in each disc and span."""
    table = np.zeros((inside.shape[1], times))
    np.add.at(table, (cells, slices), 1)
    summed = np.concatenate([np.zeros((inside.shape[0], 1)), np.cumsum(inside @ table, axis=1)], axis=1)
    made: Floats = summed[:, [end for _, end in spans]] - summed[:, [first for first, _ in spans]]
    return made


def _ratios(held: Floats, expected: Floats, usable: NDArray[np.bool_], total: int) -> Floats:
    """Logarithms of the likelihood ratio, 0 where there are no more cases than expected."""
    more = usable & (held > expected)
    ratio = np.zeros_like(held)
    c, mu = held[more], expected[more]
    rest = total - c
    ratio[more] = c * np.log(c / mu) + np.where(rest > 0, rest * np.log(np.maximum(rest, 1e-12) / (total - mu)), 0)
    return ratio


def _separate(found: Floats, held: Floats, expected: Floats, best: Floats, inside: csr_matrix,
              around: NDArray[np.int64], spans: list[tuple[int, int]], limit: int) -> list[Cluster]:  # fmt: skip
    taken: set[int] = set()
    clusters: list[Cluster] = []
    for flat in np.argsort(found, axis=None)[::-1]:
        row, column = np.unravel_index(int(flat), found.shape)
        if found[row, column] <= 0 or len(clusters) == limit:
            break
        cells = inside.indices[inside.indptr[row] : inside.indptr[row + 1]]
        if taken.intersection(cells.tolist()):
            continue
        taken.update(cells.tolist())
        p = (1 + int((best >= found[row, column]).sum())) / (1 + len(best))
        first, end = spans[int(column)]
        clusters.append(Cluster(
            int(around[int(row) % len(around)]), tuple(int(one) for one in cells), first, end,
            int(held[row, column]), float(expected[row, column]), float(found[row, column]), p,
        ))  # fmt: skip
    return clusters
