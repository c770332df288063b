"""The p-median: choose sites so that the weighted cost of everyone to the nearest is least.

Small ones are solved by HiGHS as a mixed integer programme. Larger ones by interchange (Teitz and Bart 1968, best swap
first, from a greedy start), with a lower bound from Lagrangian relaxation (Cornuéjols, Fisher and Nemhauser 1977),
whose best value is that of the linear relaxation: the gap between both is told, and the truth is never farther off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

EXACT_MAX = 20_000  # pairs of demand and site
EXACT_S = 30.0
ROUNDS = 300
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Median:
    """Columns chosen (none of the fixed), the cost, a bound that no choice can be below, and how it was found."""

    chosen: tuple[int, ...]
    cost: float
    bound: float
    method: str

    @property
    def gap(self) -> float:
        """How much the best choice could be better at most, as a share of the cost."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0


def solve(
    costs: Floats, weights: Floats, k: int, fixed: Floats | None = None, *,
    exact_max: int = EXACT_MAX, breathe: Callable[[], None] = lambda: None,
) -> Median:  # fmt: skip
    """Choose `k` columns.

    Parameters
    ----------
    costs
        (demand, sites): finite; what cannot be reached has a cost larger than all others.
    weights
        (demand,), not negative.
    fixed
        (demand,): cost to the nearest facility that stays; None without any.
    """
    n, m = costs.shape
    k = min(k, m)
    floor = np.full(n, np.inf) if fixed is None else fixed
    weighted = costs * weights[:, None]
    stays = np.where(np.isfinite(floor), floor, 0) * weights if fixed is not None else None
    if n * m <= exact_max and (found := _exact(weighted, stays, k)) is not None:
        return found
    chosen = _interchange(weighted, stays, k, breathe)
    cost = _cost(weighted, stays, chosen)
    return Median(tuple(sorted(chosen)), cost, min(cost, _bound(weighted, stays, k, cost, breathe)), "interchange")


def _cost(weighted: Floats, stays: Floats | None, chosen: list[int]) -> float:
    nearest = weighted[:, chosen].min(axis=1)
    return float((nearest if stays is None else np.minimum(nearest, stays)).sum())


def _exact(weighted: Floats, stays: Floats | None, k: int) -> Median | None:
    """By HiGHS; None where it did not come to an end in time."""
    n, m = weighted.shape
    table = weighted if stays is None else np.column_stack([weighted, stays])
    wide = table.shape[1]  # x of each pair, then y of each site
    objective = np.concatenate([table.ravel(), np.zeros(m)])
    served = sparse.hstack([sparse.kron(sparse.eye(n), np.ones((1, wide))), sparse.csr_matrix((n, m))])
    rows = np.repeat(np.arange(n * m), 2)
    i, j = np.divmod(np.arange(n * m), m)
    columns = np.column_stack([i * wide + j, n * wide + j]).ravel()
    opened = sparse.csr_matrix((np.tile([1.0, -1.0], n * m), (rows, columns)), shape=(n * m, n * wide + m))
    number = sparse.hstack([sparse.csr_matrix((1, n * wide)), np.ones((1, m))])
    found = milp(
        objective, bounds=Bounds(0, 1), integrality=np.concatenate([np.zeros(n * wide), np.ones(m)]),
        constraints=[LinearConstraint(served.tocsr(), 1, 1), LinearConstraint(opened, -np.inf, 0),
                     LinearConstraint(sparse.csr_matrix(number), k, k)],
        options={"time_limit": EXACT_S, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.status != 0:
        return None
    chosen = [int(one) for one in np.flatnonzero(found.x[n * wide :] > 0.5)]
    cost = _cost(weighted, stays, chosen)
    return Median(tuple(chosen), cost, min(cost, float(found.mip_dual_bound)), "exact")


def _interchange(weighted: Floats, stays: Floats | None, k: int, breathe: Callable[[], None]) -> list[int]:
    """Greedy, then the best swap of one chosen site for another as long as one helps (whole rows at a time)."""
    best = np.full(len(weighted), np.inf) if stays is None else stays.copy()
    chosen: list[int] = []
    for _ in range(k):
        totals = np.minimum(weighted, best[:, None]).sum(axis=0)
        totals[chosen] = np.inf
        chosen.append(int(totals.argmin()))
        best = np.minimum(best, weighted[:, chosen[-1]])
        breathe()
    while True:
        breathe()
        now = _cost(weighted, stays, chosen)
        swap: tuple[float, int, int] | None = None
        for place in range(k):
            others = chosen[:place] + chosen[place + 1 :]
            kept = weighted[:, others].min(axis=1) if others else np.full(len(weighted), np.inf)
            kept = kept if stays is None else np.minimum(kept, stays)
            totals = np.minimum(weighted, kept[:, None]).sum(axis=0)
            totals[chosen] = np.inf
            new = int(totals.argmin())
            if totals[new] < (now if swap is None else swap[0]) - 1e-9 * max(now, 1.0):
                swap = float(totals[new]), place, new
        if swap is None:
            return chosen
        chosen[swap[1]] = swap[2]


def _bound(weighted: Floats, stays: Floats | None, k: int, upper: float, breathe: Callable[[], None]) -> float:
    """Lagrangian bound: each demand pays a price; k sites that save most against the prices; prices by subgradient."""
    prices = np.sort(weighted, axis=1)[:, : min(k + 1, weighted.shape[1])].mean(axis=1)
    if stays is not None:
        prices = np.minimum(prices, stays)
    best, step, since = -np.inf, 2.0, 0
    for _ in range(ROUNDS):
        breathe()
        saved = np.minimum(weighted - prices[:, None], 0)
        order = np.argsort(saved.sum(axis=0))[:k]
        value = float(prices.sum() + saved[:, order].sum())
        times = (saved[:, order] < 0).sum(axis=1).astype(float)
        if stays is not None:
            spare = np.minimum(stays - prices, 0)
            value += float(spare.sum())
            times += spare < 0
        since = 0 if value > best else since + 1
        best = max(best, value)
        slope = 1 - times
        if not slope.any() or upper - best <= 1e-9 * max(upper, 1.0):
            break
        if since >= 12:
            step, since = step / 2, 0
        prices = np.maximum(prices + step * max(upper - value, 0) / float((slope**2).sum()) * slope, 0)
    return best
