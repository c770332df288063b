"""Invented components along the roads and facilities in public buildings. Coordinates are metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.cities.invented.buildings import Buildings
from app.cities.invented.fabric import Fabric


@dataclass(frozen=True)
class Kind:
    """A kind of component: catalogue code, one each `step_m` of road, `offset_m` from the centre line."""

    code: str
    name_zh: str
    name_en: str
    step_m: float
    offset_m: float
    in_charge: str
    top_rank: int = 2


KINDS = (
    Kind("0137", "路灯", "Street lamp", 32, 5.5, "power"),
    Kind("0102", "污水井盖", "Sewage manhole cover", 70, 1.5, "water"),
    Kind("0103", "雨水井盖", "Storm-water manhole cover", 60, -2.0, "water"),
    Kind("0104", "雨水箅子", "Storm-drain grate", 45, 4.2, "water", 1),
    Kind("0305", "垃圾箱", "Litter bin", 120, -5.8, "environment"),
    Kind("0402", "行道树", "Street tree", 40, -5.2, "greening", 1),
    Kind("0204", "公交站亭", "Bus shelter", 420, 6.5, "roads", 1),
)
HYDRANT = Kind("0199", "消火栓", "Fire hydrant", 110, 6.0, "fire")

FACILITIES = (
    ("hospital", "医院", "Hospital", 1, 0.6),
    ("clinic", "社区卫生服务站", "Community Clinic", 3, 1.0),
    ("school", "学校", "School", 4, 1.0),
    ("day_care", "托育园", "Day Care", 3, 1.0),
    ("elderly_care", "为老服务中心", "Elderly Care Centre", 2, 1.0),
    ("police_station", "派出所", "Police Station", 1, 1.0),
    ("fire_station", "消防救援站", "Fire Station", 1, 0.5),
    ("community_centre", "社区事务受理中心", "Community Affairs Centre", 1, 1.0),
    ("shelter", "应急避难场所", "Emergency Shelter", 2, 1.0),
)


@dataclass(frozen=True)
class Things:
    """Points with their kind: x, y in metres and an index into KINDS + (HYDRANT,)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.int64]


def along_roads(fabric: Fabric, clear: BaseGeometry, rng: np.random.Generator) -> Things:
    """Components at their spacing along every stretch that ranks high enough for them, none of them in water."""
    xs, ys, kinds = [], [], []
    for index, kind in enumerate((*KINDS, HYDRANT)):
        for stretch in fabric.stretches:
            if stretch.rank > kind.top_rank:
                continue
            at = np.arange(rng.uniform(4, kind.step_m), stretch.line.length - 3, kind.step_m)
            here = shapely.get_coordinates(shapely.line_interpolate_point(stretch.line, at))
            ahead = shapely.get_coordinates(shapely.line_interpolate_point(stretch.line, at + 1))
            way = ahead - here
            way /= np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
            side = np.where(rng.random(len(at)) < 0.5, 1, -1) * kind.offset_m
            xs.append(here[:, 0] - way[:, 1] * side)
            ys.append(here[:, 1] + way[:, 0] * side)
            kinds.append(np.full(len(at), index))
    x, y, kind_index = np.concatenate(xs), np.concatenate(ys), np.concatenate(kinds)
    shapely.prepare(clear)
    dry = ~shapely.intersects_xy(clear, x, y)
    return Things(x[dry], y[dry], kind_index[dry])


def facilities(
    buildings: Buildings, streets: dict[str, tuple[str, str]], rng: np.random.Generator
) -> list[dict[str, object]]:
    """For each street its facilities, each in a building of its own that is not a dwelling house where there is one.

    `streets` gives code → (Chinese stem, English stem). Capacity is beds, places or persons by kind.
    """
    street_of = np.array([code[:9] for code in buildings.community])
    made: list[dict[str, object]] = []
    for code, (stem_zh, stem_en) in streets.items():
        here = np.flatnonzero(street_of == code)
        order = here[np.argsort((buildings.use[here] == "residential") + rng.random(len(here)) * 0.5)]
        wanted = [
            (kind, zh, en, i, several > 1)
            for kind, zh, en, several, chance in FACILITIES
            for i in range(several)
            if rng.random() < chance
        ]
        for building, (kind, zh, en, i, numbered) in zip(order, wanted, strict=False):
            ordinal_zh, ordinal_en = (f"第{'一二三四'[i]}", f" No. {i + 1}") if numbered else ("", "")
            made.append({
                "kind": kind, "building": int(building), "capacity": int(rng.integers(4, 60) * 10),
                "name_zh": f"{stem_zh}{ordinal_zh}{zh}", "name_en": f"{stem_en} {en}{ordinal_en}",
            })  # fmt: skip
    return made
