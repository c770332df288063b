"""Classes for a choropleth: where they break, how many units fall in each, and how well they fit.

Missing values are never classed, and zero is a class of its own: "nothing happened here" is not "little happened here".
Breaks are rounded before anything is counted, so that what the legend prints is exactly what the map shows.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.errors import InvalidInput

CLASSES_MAX = 9
DISTINCT_MAX = 1_000  # of more distinct values, fisher_jenks looks for breaks at as many of them only
SCHEMES = (
    "quantiles",
    "fisher_jenks",
    "natural_breaks",
    "equal_interval",
    "head_tail_breaks",
    "box_plot",
    "pretty",
    "user_defined",
)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Classing:
    """Classes of values: class i holds ``breaks[i-1] < value <= breaks[i]``, the first from `low` on.

    `gvf` is the goodness of variance fit, 1 - squares within classes / squares in all, 1 is perfect (Jenks 1977);
    `adcm` the sum of absolute deviations from class medians, in the values' unit, 0 is perfect. Both leave zeros out.
    """

    scheme: str
    low: float
    breaks: tuple[float, ...]
    counts: tuple[int, ...]
    zeros: int
    missing: int
    gvf: float
    adcm: float

    def class_of(self, value: float | None) -> int | None:
        """The class of a value: None for missing, -1 for zero, else 0 … len(breaks) - 1."""
        if value is None or math.isnan(value):
            return None
        return -1 if value == 0 else min(int(np.searchsorted(self.breaks, value, side="left")), len(self.breaks) - 1)

    def ranges(self) -> list[tuple[float, float]]:
        """Lower and upper end of each class."""
        return list(zip((self.low, *self.breaks), self.breaks, strict=False))


def classify(
    values: Sequence[float | None], scheme: str = "fisher_jenks", classes: int = 5, *, breaks: Sequence[float] = ()
) -> Classing:
    """Class values (None or NaN: missing).

    Parameters
    ----------
    scheme
        One of `SCHEMES`. `fisher_jenks` and `natural_breaks` both give the breaks of least variance within classes,
        worked out exactly; the others are mapclassify's.
    classes
        1 to 9; `head_tail_breaks` and `box_plot` choose their own number, `pretty` comes near it.
    breaks
        Upper ends for `user_defined`; a further class is added where values lie above.

    Raises
    ------
    InvalidInput
        For another scheme or number, or breaks that don't ascend.
    """
    if scheme not in SCHEMES:
        raise InvalidInput("There is no classing scheme {scheme}.", field="scheme", scheme=scheme)
    if not 1 <= classes <= CLASSES_MAX:
        raise InvalidInput("Between 1 and {max} classes can be told apart.", field="classes", max=CLASSES_MAX)
    known = np.array([value for value in values if value is not None and not math.isnan(value)], dtype=np.float64)
    some = np.sort(known[known != 0])
    missing, zeros = len(values) - len(known), len(known) - len(some)
    if not len(some):
        return Classing(scheme, 0.0, (), (), zeros, missing, 1.0, 0.0)
    if scheme == "user_defined":
        edges = _covering(_user_breaks(breaks), some)
    else:
        made = _rounded(_breaks(some, scheme, classes), some)
        edges = _covering(made[made >= some.min()], some)  # a class below the smallest value says nothing
    index = np.searchsorted(edges, some, side="left")
    counts = tuple(int(n) for n in np.bincount(index, minlength=len(edges)))
    low = float(min(some.min(), 0.0 if scheme == "user_defined" else some.min()))
    return Classing(scheme, low, tuple(map(float, edges)), counts, zeros, missing, *_fit(some, index, len(edges)))


def locked(values: Sequence[float | None], breaks: Sequence[float], scheme: str = "user_defined") -> Classing:
    """Class values by breaks that stay as they are, so that months can be compared.

    What lies above the last break falls in the last class; `low` is the lowest value, or the first break where all lie
    above it. InvalidInput for breaks that don't ascend.
    """
    edges = _user_breaks(breaks)
    known = np.array([value for value in values if value is not None and not math.isnan(value)], dtype=np.float64)
    some = known[known != 0]
    index = np.minimum(np.searchsorted(edges, some, side="left"), len(edges) - 1)
    counts = tuple(int(n) for n in np.bincount(index, minlength=len(edges)))
    low = float(min(0.0, some.min())) if len(some) else 0.0
    zeros, missing = len(known) - len(some), len(values) - len(known)
    fit = _fit(some, index, len(edges)) if len(some) else (1.0, 0.0)
    return Classing(scheme, low, tuple(map(float, edges)), counts, zeros, missing, *fit)


def cell_of(first: Classing, second: Classing, a: float | None, b: float | None) -> int:
    """Which of nine colours a pair of numbers has; 9 where one is missing."""
    across, up = side_of(first, a), side_of(second, b)
    return 9 if across is None or up is None else 3 * up + across


def side_of(classing: Classing, value: float | None) -> int | None:
    """The class of a number, zero among the others."""
    if value is None or not classing.breaks:
        return None
    return min(int(np.searchsorted(classing.breaks, value, side="left")), len(classing.breaks) - 1)


def _breaks(values: Floats, scheme: str, classes: int) -> Floats:
    distinct = np.unique(values)
    if scheme in ("fisher_jenks", "natural_breaks"):
        return _least_variance(values, classes)
    if len(distinct) <= 2 or (len(distinct) <= classes and scheme == "quantiles"):
        return distinct
    with warnings.catch_warnings():  # mapclassify warns of fewer classes than asked: the legend says how many there are
        warnings.simplefilter("ignore")
        return np.asarray(_of_mapclassify(scheme)(values, classes).bins, dtype=np.float64)


def _of_mapclassify(scheme: str) -> Callable[[Floats, int], Any]:
    """One of mapclassify's classifiers, loaded when first asked for: scikit-learn behind it takes 1 s and 95 MB."""
    library = importlib.import_module("mapclassify")
    made: dict[str, Callable[[Floats, int], Any]] = {
        "quantiles": lambda values, classes: library.Quantiles(values, k=classes),
        "equal_interval": lambda values, classes: library.EqualInterval(values, k=classes),
        "head_tail_breaks": lambda values, _: library.HeadTailBreaks(values),
        "box_plot": lambda values, _: library.BoxPlot(values),
        "pretty": lambda values, classes: library.PrettyBreaks(values, k=classes),
    }
    return made[scheme]


def _least_variance(values: Floats, classes: int) -> Floats:
    """Upper ends of the classes of least squared deviation from class means (Fisher 1958, by dynamic programming)."""
    distinct, weights = np.unique(values, return_counts=True)
    if len(distinct) <= classes:
        return distinct
    centred = distinct - distinct.mean()  # smaller squares, less rounding
    sums = (np.concatenate([[0.0], np.cumsum(weights * part)]) for part in (1.0, centred, centred**2))
    stops = np.concatenate([[0], _candidates(distinct) + 1])
    n, s, q = (one[stops] for one in sums)
    size = len(stops) - 1
    cost = q[1:] - s[1:] ** 2 / n[1:]
    first = np.zeros((classes, size), dtype=int)
    for level in range(1, classes):
        last, cost = cost, cost.copy()
        for end in range(level, size):
            start = np.arange(level, end + 1)
            inside = (q[end + 1] - q[start]) - (s[end + 1] - s[start]) ** 2 / (n[end + 1] - n[start])
            whole = last[start - 1] + inside
            best = int(np.argmin(whole))
            cost[end], first[level, end] = whole[best], start[best]
    ends, end = [size - 1], size - 1
    for level in range(classes - 1, 0, -1):
        end = int(first[level, end]) - 1
        ends.append(end)
    chosen: Floats = distinct[stops[np.array(ends[::-1]) + 1] - 1]
    return chosen


def _candidates(distinct: Floats) -> NDArray[np.intp]:
    """Where classes may end: anywhere, or past `DISTINCT_MAX` values at places spread over both ranks and values."""
    size = len(distinct)
    if size <= DISTINCT_MAX:
        return np.arange(size)
    ranks = np.linspace(0, size - 1, DISTINCT_MAX // 2).round().astype(np.intp)
    spots = np.searchsorted(distinct, np.linspace(distinct[0], distinct[-1], DISTINCT_MAX // 2))
    return np.unique(np.concatenate([ranks, np.minimum(spots, size - 1)]))


def _rounded(breaks: Floats, values: Floats) -> Floats:
    """Breaks to whole numbers or three significant digits, such that no value changes its class where that can be."""
    if np.all(values == np.floor(values)):
        return np.unique(np.floor(breaks))
    rounded = []
    ordered = np.unique(values)
    for edge in breaks:
        above = ordered[ordered > edge]
        room = float(above[0]) if len(above) else math.inf
        rounded.append(_round_up(float(edge), room))
    return np.unique(np.array(rounded))


def _round_up(edge: float, room: float) -> float:
    """The shortest number of at least three digits that is not below `edge` and stays under `room`."""
    if edge == 0:
        return edge
    for digits in range(3, 12):
        step = 10.0 ** (math.floor(math.log10(abs(edge))) - digits + 1)
        near = float(f"{math.ceil(edge / step - 1e-9) * step:.12g}")
        if edge <= near < room:
            return near
    return edge


def _user_breaks(breaks: Sequence[float]) -> Floats:
    edges = np.asarray(breaks, dtype=np.float64)
    if not 1 <= len(edges) <= CLASSES_MAX or not np.all(np.isfinite(edges)) or np.any(np.diff(edges) <= 0):
        raise InvalidInput("Own breaks are 1 to {max} ascending numbers.", field="breaks", max=CLASSES_MAX)
    return edges


def _covering(edges: Floats, values: Floats) -> Floats:
    """At most nine edges, the last not below the largest value."""
    edges = np.unique(edges)
    if not len(edges) or edges[-1] < values.max():
        edges = np.append(edges, _round_up(float(values.max()), math.inf))
    return np.append(edges[: CLASSES_MAX - 1], edges[-1]) if len(edges) > CLASSES_MAX else edges


def _fit(values: Floats, index: NDArray[np.intp], classes: int) -> tuple[float, float]:
    within = adcm = 0.0
    for one in range(classes):
        members = values[index == one]
        if len(members):
            within += float(((members - members.mean()) ** 2).sum())
            adcm += float(np.abs(members - np.median(members)).sum())
    around = float(((values - values.mean()) ** 2).sum())
    return (1.0 if around == 0 else 1 - within / around), adcm
