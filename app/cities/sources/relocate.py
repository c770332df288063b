"""Finding the place of a record from its address when its point is a stand-in.

In order: the same address text; the same road with a number that an address's range covers; between two known
numbers of the same road and side; at the nearest known number of the road. Each answer says by which of these it
was found, and how far it may be off.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.cities.sources.places import DOOR
from gis.measure import distance_m

GAP_MAX = 40  # house numbers to a known neighbour; more is guessing
NUMBER_M = 8.0  # metres of road that one house number may stand for
LOCALITY = re.compile(r"\s+(\d{5})$")


@dataclass(frozen=True)
class Found:
    """A place for an address: lon, lat (EPSG:4326), the method, metres that it may be off, the address's row."""

    lon: float
    lat: float
    method: str
    accuracy_m: float
    row: int


@dataclass(frozen=True)
class Door:
    """A known address on a road: its numbers from low to high, its place, its row."""

    low: int
    high: int
    lon: float
    lat: float
    row: int


class Gazetteer:
    """Known addresses by text and by road.

    Parameters
    ----------
    texts : sequence of n address texts
    lon, lat : arrays of n degrees, EPSG:4326
    """

    def __init__(self, texts: Sequence[str], lon: np.ndarray, lat: np.ndarray) -> None:
        self.by_text: dict[str, Found] = {}
        self.by_road: dict[tuple[str, int], list[Door]] = defaultdict(list)
        for row, text in enumerate(texts):
            x, y = float(lon[row]), float(lat[row])
            self.by_text.setdefault(plain(text), Found(x, y, "same address", 10.0, row))
            door = read_door(text)
            if door:
                low, high, road = door
                self.by_road[(road, low % 2)].append(Door(low, high, x, y, row))
        for doors in self.by_road.values():
            doors.sort(key=lambda door: (door.low, door.high))

    def find(self, text: str) -> Found | None:
        """The place of an address, or None."""
        same = self.by_text.get(plain(text))
        if same:
            return same
        door = read_door(text)
        if door is None:
            return None
        low, high, road = door
        doors = self.by_road.get((road, low % 2), [])
        for known in doors:
            if known.low <= high and low <= known.high:
                return Found(known.lon, known.lat, "number range", 25.0, known.row)
        return between(doors, low) or nearest(doors + self.by_road.get((road, 1 - low % 2), []), low)


def nearest(doors: list[Door], number: int) -> Found | None:
    """The known door with the nearest number on either side of the road; None where it is too far off."""
    gaps = [(max(door.low - number, number - door.high, 0), door.row, door) for door in doors]
    if not gaps:
        return None
    gap, _, door = min(gaps)
    return (
        Found(door.lon, door.lat, "nearest house number", 30.0 + NUMBER_M * gap, door.row) if gap <= GAP_MAX else None
    )


def between(doors: list[Door], number: int) -> Found | None:
    """A place between the next lower and the next higher known number, in proportion; None past either end."""
    at = bisect_left([door.low for door in doors], number)
    if at in (0, len(doors)):
        return None
    below, above = doors[at - 1], doors[at]
    gap = above.low - below.high
    if not 0 < gap <= GAP_MAX:
        return None
    share = (number - below.high) / gap
    lon = below.lon + share * (above.lon - below.lon)
    lat = below.lat + share * (above.lat - below.lat)
    spread_m = float(distance_m(below.lon, below.lat, above.lon, above.lat))
    nearer = below if share < 0.5 else above
    return Found(lon, lat, "between house numbers", max(15.0, spread_m / 2), nearer.row)


def read_door(text: str) -> tuple[int, int, str] | None:
    """Lowest and highest house number and the road with its locality: ``145-151 Ipswich St`` → (145, 151, …)."""
    found = DOOR.match(LOCALITY.sub("", text.strip()))
    if not found:
        return None
    numbers = [int(digits) for digits in re.findall(r"\d+", found["number"])]
    return min(numbers), max(numbers), plain(found["road"])


def plain(text: str) -> str:
    """Lower case, single blanks."""
    return " ".join(text.lower().split())


def gazetteer(addresses: pd.DataFrame) -> Gazetteer:
    """The gazetteer of an address frame (text_en, geom)."""
    points = addresses["geom"]
    return Gazetteer(list(addresses["text_en"]), np.array([p.x for p in points]), np.array([p.y for p in points]))
