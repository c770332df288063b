"""The order in which stops are visited: the shortest open path from a start, exactly for few, nearly for many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

EXACT_MAX = 9
STARTS = 8
Matrix = Sequence[Sequence[float]]


def length(metres: Matrix, path: Sequence[int]) -> float:
    """The length of a path through the places in this order."""
    return sum(metres[a][b] for a, b in pairwise(path))


def shortest(metres: Matrix) -> list[int]:
    """The order of all places from place 0 on, without coming back; exact for at most nine stops after it."""
    count = len(metres) - 1
    if count <= 1:
        return list(range(len(metres)))
    return _exact(metres) if count <= EXACT_MAX else nearly(metres)


def nearly(metres: Matrix) -> list[int]:
    """A short order of many: 2-opt from several beginnings, the best of what comes out."""
    firsts = sorted(range(1, len(metres)), key=lambda stop: metres[0][stop])[:STARTS]
    tried = [_improved(metres, _nearest(metres, first)) for first in firsts]
    return min(tried, key=lambda path: length(metres, path))


def _exact(metres: Matrix) -> list[int]:
    """Held and Karp: the best way to each (set of visited, last one)."""
    stops = range(1, len(metres))
    best = {(1 << stop, stop): (metres[0][stop], [0, stop]) for stop in stops}
    for _ in range(len(metres) - 2):
        longer: dict[tuple[int, int], tuple[float, list[int]]] = {}
        for (visited, last), (sofar, path) in best.items():
            for stop in stops:
                if visited >> stop & 1:
                    continue
                key, total = (visited | 1 << stop, stop), sofar + metres[last][stop]
                if key not in longer or total < longer[key][0]:
                    longer[key] = (total, [*path, stop])
        best = longer
    return min(best.values(), key=lambda one: one[0])[1]


def _nearest(metres: Matrix, first: int) -> list[int]:
    """From one stop always to the nearest that is left."""
    path, left = [0, first], set(range(1, len(metres))) - {first}
    while left:
        path.append(min(left, key=lambda stop: (metres[path[-1]][stop], stop)))
        left.remove(path[-1])
    return path


def _improved(metres: Matrix, path: list[int]) -> list[int]:
    """2-opt: turn a part round, or move one stop elsewhere, as long as that shortens the path.

    Roads may be one-way: the whole path is measured anew each time.
    """
    best, total = path, length(metres, path)
    found = True
    while found:
        found = False
        for other in _neighbours(best):
            tried = length(metres, other)
            if tried < total - 1e-9:
                best, total, found = other, tried, True
                break
    return best


def _neighbours(path: list[int]) -> list[list[int]]:
    count = len(path)
    turned = [
        path[:a] + path[a : b + 1][::-1] + path[b + 1 :] for a in range(1, count - 1) for b in range(a + 1, count)
    ]
    moved = []
    for a in range(1, count):
        rest = path[:a] + path[a + 1 :]
        moved += [[*rest[:b], path[a], *rest[b:]] for b in range(1, count) if b != a]
    return turned + moved
