"""Invented residents: check-digit-valid and impossible citizen numbers, ages and households like a city's.

The numbers use area codes 99xxxx, which GB/T 2260 gives to no place. Numbers of foreign residents begin with 9 and the
two digits of a province, 11 to 82; there is none from 90 on. So no living person can hold one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.cities.invented.buildings import Buildings
from app.cities.invented.names import people_names

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643-1999
CHECKS = np.array(list("10X98765432"))
HOUSEHOLD = np.array([0.06, 0.27, 0.32, 0.22, 0.09, 0.04])  # share of dwellings with 0, 1, … 5 residents
# Ages from, to, share: of the first in a household, who is grown up, and of the others; a tenth of all are children.
HEADS = ((20, 34, 0.20), (35, 59, 0.40), (60, 79, 0.32), (80, 99, 0.08))
OTHERS = ((0, 14, 0.185), (15, 34, 0.256), (35, 59, 0.307), (60, 79, 0.209), (80, 99, 0.043))


@dataclass(frozen=True)
class Dwellings:
    """Arrays of one length: index of the building, floor, room."""

    building: NDArray[np.int64]
    floor: NDArray[np.int64]
    room: NDArray[np.object_]


@dataclass(frozen=True)
class People:
    """Arrays of one length: index of the dwelling, name, sex ("1" or "2"), birth day, citizen number."""

    dwelling: NDArray[np.int64]
    name: list[str]
    sex: NDArray[np.object_]
    birth_on: NDArray[np.datetime64]
    number: list[str]


def settle(buildings: Buildings, residents: int, today: date, rng: np.random.Generator) -> tuple[Dwellings, People]:
    """Dwellings and about `residents` people, whole buildings at a time, spread over the communities in turn."""
    heads = float(HOUSEHOLD @ np.arange(len(HOUSEHOLD)))
    dwellings = _dwellings(buildings, round(residents / heads), rng)
    sizes = rng.choice(len(HOUSEHOLD), size=len(dwellings.building), p=HOUSEHOLD)
    home = np.repeat(np.arange(len(sizes)), sizes)[:residents]
    births = _births(len(home), today, OTHERS, rng)
    first = np.flatnonzero(np.diff(home, prepend=-1))
    births[first] = _births(len(first), today, HEADS, rng)
    sex = np.where(rng.random(len(home)) < 0.497, "1", "2").astype(object)
    people = People(home, people_names(len(home), rng), sex, births, citizen_numbers(births, sex, rng))
    return dwellings, people


def _dwellings(buildings: Buildings, wanted: int, rng: np.random.Generator) -> Dwellings:
    """Dwellings of whole buildings, one building of each community a round, until there are enough."""
    homes = np.flatnonzero(buildings.use == "residential")
    homes = homes[rng.permutation(len(homes))]
    community = buildings.community[homes]
    turn = np.zeros(len(homes), dtype=np.int64)
    for code in np.unique(community):
        turn[community == code] = np.arange(int((community == code).sum()))
    homes = homes[np.argsort(turn, kind="stable")]
    flats = buildings.floors[homes] * buildings.flats_a_floor[homes]
    last = int(np.searchsorted(np.cumsum(flats), wanted)) + 1
    homes, flats = homes[:last], flats[:last]
    building = np.repeat(homes, flats)
    index = np.concatenate([np.arange(n) for n in flats])
    a_floor = np.repeat(buildings.flats_a_floor[homes], flats)
    floor = index // a_floor + 1
    room = np.array([f"{f}{i + 1:02d}" for f, i in zip(floor, index % a_floor, strict=True)], dtype=object)
    return Dwellings(building, floor, room)


def _births(
    count: int, today: date, bands: tuple[tuple[int, int, float], ...], rng: np.random.Generator
) -> NDArray[np.datetime64]:
    shares = np.array([share for _, _, share in bands])
    band = rng.choice(len(bands), size=count, p=shares / shares.sum())
    low = np.array([low for low, _, _ in bands])[band]
    high = np.array([high for _, high, _ in bands])[band]
    days = (low + rng.random(count) * (high + 1 - low)) * 365.25
    born: NDArray[np.datetime64] = np.datetime64(today) - days.astype("timedelta64[D]")
    return born


def citizen_numbers(births: NDArray[np.datetime64], sex: NDArray[np.object_], rng: np.random.Generator) -> list[str]:
    """Numbers of 18 characters (GB 11643-1999), check-valid, each once, in the unassigned areas 99xxxx."""
    count = len(births)
    order = np.arange(count) * 7919 % 5_000_000  # 7919 is prime: distinct for up to five million people
    area = 990_000 + order // 500
    serial = order % 500 * 2 + (sex == "1")
    days = births.astype("datetime64[D]").astype(str)
    bodies = [f"{a:06d}{d[:4]}{d[5:7]}{d[8:10]}{int(s):03d}" for a, d, s in zip(area, days, serial, strict=True)]
    digits = np.frombuffer("".join(bodies).encode(), dtype=np.uint8).reshape(count, 17).astype(np.int64) - 48
    checks = CHECKS[(digits @ WEIGHTS) % 11]
    return [body + check for body, check in zip(bodies, checks, strict=True)]
