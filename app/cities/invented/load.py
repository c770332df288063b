"""An invented city into the database: the fabric, then everything that stands, lives and happens in it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cities import records, steps
from app.cities.invented import buildings, fabric, happenings, people, things
from app.cities.invented.names import english_area_name, people_names, road_names, romanised
from app.cities.profile import Invented, Profile
from app.cities.writing import column, put, take_ids
from gis.datum import from_wgs84, to_wgs84, transform_geometry
from grid.index import CellIndex

Say = Callable[[str], None]
ROAD_CLASSES = ("primary", "secondary", "residential")
COMPONENT_SYSTEM = "demo"


@dataclass(frozen=True)
class Amount:
    """How much is invented, from which seed, and the moment that counts as now."""

    residents: int
    cases: int
    seed: int
    until: datetime


class Metres:
    """The way between degrees (EPSG:4326, lon/lat) and metres of the city's projected CRS."""

    def __init__(self, crs_epsg: int) -> None:
        self.datum = f"EPSG:{crs_epsg}"

    def of(self, lon: float, lat: float) -> tuple[float, float]:
        """x, y in metres."""
        x, y = from_wgs84(lon, lat, self.datum)
        return float(x), float(y)

    def shapes(self, degrees: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes in metres."""
        return np.asarray(
            shapely.transform(degrees, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], self.datum)))
        )

    def back(self, metres: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes in degrees."""
        return np.asarray(
            shapely.transform(metres, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], self.datum)))
        )

    def degrees(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitudes and latitudes of points in metres."""
        lon, lat = to_wgs84(x, y, self.datum)
        return np.asarray(lon), np.asarray(lat)


@dataclass(frozen=True)
class Town:
    """What the later steps build on."""

    profile: Profile
    invented: Invented
    amount: Amount
    metres: Metres
    woven: fabric.Fabric
    water: BaseGeometry
    built: buildings.Buildings
    names: dict[int, tuple[str, str]]
    cells: CellIndex


def load(db: Session, profile: Profile, amount: Amount, say: Say) -> None:
    """Load an invented city into empty tables."""
    invented = profile.invented
    assert invented is not None
    say("areas, blocks and roads")
    metres = Metres(profile.city.crs_epsg)
    facts = _facts(profile, invented)
    outline = _outline(profile)
    woven = _weave(metres, outline, facts, invented, np.random.default_rng([amount.seed, 1]))
    water = woven.creek.buffer(invented.creek.width_m / 2)
    steps.write_city(db, profile, outline)
    _write_areas(db, profile, metres, woven, facts, amount.until.date())
    names = _road_names(woven, np.random.default_rng([amount.seed, 2]))
    built = buildings.build_up(woven, water, np.random.default_rng([amount.seed, 3]))
    roads = metres.back(np.array([stretch.line for stretch in woven.stretches]))
    say("unit cells")
    cells = steps.write_cells(db, profile, lines=roads, buildings=metres.back(built.shape))
    town = Town(profile, invented, amount, metres, woven, water, built, names, cells)
    _staff_duty_cells(db, town, facts)
    say("roads, ground, addresses, buildings")
    _write_ground(db, town, roads)
    address_ids = _write_addresses(db, town)
    building_ids = _write_buildings(db, town, address_ids)
    say("catalogues, components, facilities")
    steps.write_catalogues(db, profile)
    _write_components(db, town)
    _write_facilities(db, town, facts, address_ids)
    say(f"{amount.residents:,} residents")
    _write_people(db, town, building_ids, address_ids)
    say(f"{amount.cases:,} cases")
    _write_cases(db, town)
    _write_events(db, town, facts)


def _facts(profile: Profile, invented: Invented) -> pd.DataFrame:
    """Official codes, levels and names, with English glosses."""
    with (profile.folder / invented.areas_file).open(encoding="utf-8", newline="") as opened:
        facts = pd.DataFrame(csv.DictReader(opened))
    facts["name_en"] = [english_area_name(name) for name in facts["name_zh"]]
    return facts


def _outline(profile: Profile) -> Polygon:
    """The city's outline in EPSG:4326."""
    [shape] = steps.read_shapes(profile.folder / profile.boundary.file).geometry
    moved = transform_geometry(shape, profile.boundary.datum)
    assert isinstance(moved, Polygon)
    return moved


def _weave(
    metres: Metres, outline: Polygon, facts: pd.DataFrame, invented: Invented, rng: np.random.Generator
) -> fabric.Fabric:
    [shape] = metres.shapes(np.array([outline]))
    places = {code: metres.of(*place) for code, place in invented.street_places.items()}
    lowest = facts[facts["level"] == "community"].sort_values("code")
    communities = {str(street): list(codes) for street, codes in lowest.groupby("parent_code")["code"]}
    return fabric.weave(shape, places, communities, invented.creek.south_of, rng)


def _write_areas(
    db: Session, profile: Profile, metres: Metres, woven: fabric.Fabric, facts: pd.DataFrame, today: date
) -> None:
    """The district, streets and communities; borders below the district are invented."""
    blocks = np.array([block.shape for block in woven.blocks])
    owner = np.array([block.community for block in woven.blocks])
    shapes = []
    for code in facts["code"]:
        mine = blocks[np.char.startswith(owner.astype(str), code)]
        shapes.append(shapely.coverage_union_all(mine))
    depth = {level: i for i, level in enumerate(profile.city.levels)}
    frame = facts.assign(
        parent_code=column(facts["parent_code"]),
        depth=[depth[level] for level in facts["level"]],
        geom=metres.back(np.array(shapes)),
        is_generated=facts["level"] != "district",
    )
    steps.write_areas(db, frame, today - timedelta(days=365))


def _road_names(woven: fabric.Fabric, rng: np.random.Generator) -> dict[int, tuple[str, str]]:
    """The names of each road, by its number."""
    ranks = {stretch.road: stretch.rank for stretch in woven.stretches}
    roads = sorted(ranks)
    return dict(zip(roads, road_names([ranks[road] for road in roads], rng), strict=True))


def _staff_duty_cells(db: Session, town: Town, facts: pd.DataFrame) -> None:
    """Each duty cell gets an invented inspector and the team of its street."""
    codes = db.execute(text("SELECT id, area_code FROM duty_cells ORDER BY code")).all()
    staff = people_names(len(codes), np.random.default_rng([town.amount.seed, 11]))
    stems = {code: _stem(name) for code, name in zip(facts["code"], facts["name_zh"], strict=True)}
    db.execute(
        text("UPDATE duty_cells SET responsible = :who, team = :team WHERE id = :id"),
        [
            {"id": row.id, "who": who, "team": f"{stems[row.area_code[:9]]}网格队"}
            for row, who in zip(codes, staff, strict=True)
        ],
    )


def _write_ground(db: Session, town: Town, roads: NDArray[np.object_]) -> None:
    stretches = town.woven.stretches
    put(db, "roads", pd.DataFrame({
        "name_zh": [town.names[stretch.road][0] for stretch in stretches],
        "name_en": [town.names[stretch.road][1] for stretch in stretches],
        "road_class": [ROAD_CLASSES[stretch.rank] for stretch in stretches],
        "geom": roads, "is_generated": True,
    }))  # fmt: skip
    creek = town.invented.creek
    outline = shapely.union_all([block.shape for block in town.woven.blocks], grid_size=fabric.GRID_M)
    water = fabric.polygons(town.water.intersection(outline))
    greens = [park for shape in town.built.green for park in fabric.polygons(shape.buffer(-8).difference(town.water))]
    stems = road_names([1] * len(greens), np.random.default_rng([town.amount.seed, 4]))
    put(db, "grounds", pd.DataFrame({
        "kind": ["water"] * len(water) + ["green"] * len(greens),
        "name_zh": [creek.name_zh] * len(water) + [f"{zh.removesuffix('路')}绿地" for zh, _ in stems],
        "name_en": [creek.name_en] * len(water) + [f"{en.removesuffix(' Road')} Green" for _, en in stems],
        "geom": town.metres.back(np.array(water + greens, dtype=object)), "is_generated": True,
    }))  # fmt: skip


def _write_addresses(db: Session, town: Town) -> NDArray[np.int64]:
    """One door plate a building; returns the keys in the order of the buildings."""
    built = town.built
    inside = town.metres.back(shapely.point_on_surface(built.shape))
    roads = [town.names[road] for road in built.road]
    frame = pd.DataFrame({
        "kind": "door",
        "external_id": [f"demo-{i}" for i in range(len(inside))],
        "road": [zh for zh, _ in roads], "number": [str(number) for number in built.number],
        "text_zh": [f"{zh}{number}号" for (zh, _), number in zip(roads, built.number, strict=True)],
        "text_en": [f"{number} {en}" for (_, en), number in zip(roads, built.number, strict=True)],
        "geom": inside,
    })  # fmt: skip
    return steps.write_addresses(db, frame, town.cells, town.amount.until.date())


def _write_buildings(db: Session, town: Town, address_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    built = town.built
    ids = take_ids(db, "buildings", len(built.shape))
    shapes = town.metres.back(built.shape)
    places = town.cells.locate_many(*_lonlat(shapely.point_on_surface(shapes)))
    put(db, "buildings", pd.DataFrame({
        "id": ids, "external_id": [f"demo-{i}" for i in range(len(ids))], "use": built.use,
        "floors": built.floors, "height_m": built.floors * 3.0 + 1.5, "address_id": address_ids,
        "unit_cell_id": places.unit_cell_id, "area_code": places.area_code, "geom": shapes, "is_generated": True,
    }))  # fmt: skip
    return ids


def _write_components(db: Session, town: Town) -> None:
    made = things.along_roads(town.woven, town.water, np.random.default_rng([town.amount.seed, 5]))
    kinds = (*things.KINDS, things.HYDRANT)
    lon, lat = town.metres.degrees(made.x, made.y)
    rng = np.random.default_rng([town.amount.seed, 6])
    states = np.array(["intact", "damaged", "missing"])[rng.choice(3, size=len(lon), p=[0.975, 0.02, 0.005])]
    local = town.profile.local_catalogue
    frame = pd.DataFrame({
        "class_scheme": [
            local.scheme if kinds[k] is things.HYDRANT and local else town.invented.case_scheme for k in made.kind
        ],
        "class_code": [kinds[k].code for k in made.kind],
        "name_zh": [kinds[k].name_zh for k in made.kind], "name_en": [kinds[k].name_en for k in made.kind],
        "in_charge": [kinds[k].in_charge for k in made.kind], "state": states, "lon": lon, "lat": lat,
    })  # fmt: skip
    records.write_components(db, frame, town.cells, COMPONENT_SYSTEM, generated=True)


def _write_facilities(db: Session, town: Town, facts: pd.DataFrame, address_ids: NDArray[np.int64]) -> None:
    streets = facts[facts["level"] == "street"]
    stems = {
        str(code): (_stem(name), romanised(_stem(name)))
        for code, name in zip(streets["code"], streets["name_zh"], strict=True)
    }
    made = pd.DataFrame(things.facilities(town.built, stems, np.random.default_rng([town.amount.seed, 7])))
    at = shapely.point_on_surface(town.built.shape[made["building"].to_numpy()])
    roads = [town.names[town.built.road[i]] for i in made["building"]]
    frame = made.drop(columns="building").assign(
        address_text=[f"{zh}{town.built.number[i]}号" for (zh, _), i in zip(roads, made["building"], strict=True)],
        address_id=address_ids[made["building"].to_numpy()],
        geom=town.metres.back(np.asarray(at)),
        external_id=[str(i) for i in range(len(made))],
    )
    records.write_facilities(db, frame, town.cells, "demo", generated=True)


def _stem(name_zh: str) -> str:
    return name_zh.removesuffix("街道").removesuffix("镇")


def _write_people(db: Session, town: Town, building_ids: NDArray[np.int64], address_ids: NDArray[np.int64]) -> None:
    until = town.amount.until.date()
    rng = np.random.default_rng([town.amount.seed, 8])
    dwellings, residents = people.settle(town.built, town.amount.residents, until, rng)
    points = town.metres.back(np.asarray(shapely.point_on_surface(town.built.shape)))
    records.write_people(
        db,
        pd.DataFrame({
            "external_id": [f"demo-{i}" for i in range(len(dwellings.building))],
            "building_id": building_ids[dwellings.building], "floor": dwellings.floor, "room": dwellings.room,
            "geom": points[dwellings.building], "address_id": address_ids[dwellings.building],
        }),
        pd.DataFrame({
            "dwelling": residents.dwelling, "name": residents.name, "sex": residents.sex,
            "birth_on": residents.birth_on, "number": residents.number,
            "from_on": np.datetime64(until) - rng.integers(30, 6000, len(residents.name)).astype("timedelta64[D]"),
        }),
        town.cells, rng,
    )  # fmt: skip


def _write_cases(db: Session, town: Town) -> None:
    zone = ZoneInfo(town.profile.city.time_zone)
    mix = case_mix(town.profile)
    rng = np.random.default_rng([town.amount.seed, 9])
    made = happenings.cases(
        town.woven, mix, town.amount.cases, town.invented.days, town.amount.until.astimezone(zone), rng
    )
    lon, lat = town.metres.degrees(made.x, made.y)
    until = np.datetime64(town.amount.until.astimezone(UTC).replace(tzinfo=None), "s")
    times = {
        f"{step}_at": until - np.round(ago).astype("timedelta64[s]")
        for step, ago in (
            ("reported", made.reported_ago_s), ("filed", made.filed_ago_s), ("handling", made.handling_ago_s),
            ("checking", made.checking_ago_s), ("closed", made.closed_ago_s),
        )
    }  # fmt: skip
    limit_s = np.array([kind.limit_hours * 3600 for kind in mix])[made.kind].astype("timedelta64[s]")
    frame = pd.DataFrame({
        "class_kind": [mix[k].kind for k in made.kind], "class_code": [mix[k].code for k in made.kind],
        "department": [mix[k].department for k in made.kind], "source": made.source, "status": made.status,
        "lon": lon, "lat": lat, "due_at": times["filed_at"] + limit_s, **times,
    })  # fmt: skip
    records.write_generated_cases(db, frame, town.cells, town.invented.case_scheme, zone, until)


def case_mix(profile: Profile) -> list[happenings.CaseKind]:
    """What happens how often, from the profile's `case_mix.csv`."""
    with (profile.folder / "case_mix.csv").open(encoding="utf-8", newline="") as opened:
        return [
            happenings.CaseKind(
                row["kind"],
                row["code"],
                float(row["weight"]),
                float(row["limit_hours"]),
                row["department"],
                row["rhythm"],
            )
            for row in csv.DictReader(opened)
        ]


def _write_events(db: Session, town: Town, facts: pd.DataFrame) -> None:
    rng = np.random.default_rng([town.amount.seed, 10])
    rows = []
    for event in town.invented.events:
        mine = [s for s, block in _placed(town) if block == event.street]
        line = mine[int(rng.integers(0, len(mine)))]
        centre = line.interpolate(0.5, normalized=True)
        shape = {
            "point": centre,
            "line": line,
            "area": centre.buffer(event.size_m, quad_segs=6),
        }[event.shape]
        began = town.amount.until - timedelta(hours=event.hours_ago)
        ended = event.ended_hours_ago
        rows.append({
            "class_code": event.class_code, "title": event.title_zh, "level": event.level, "shape": shape,
            "status": "active" if ended is None else "ended", "happened_at": began, "learnt_at": began,
            "ended_at": None if ended is None else town.amount.until - timedelta(hours=ended),
            "attributes": {"title_en": event.title_en},
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["geom"] = town.metres.back(frame.pop("shape").to_numpy())
    zone = ZoneInfo(town.profile.city.time_zone)
    records.write_generated_events(db, frame, town.cells, zone)


def _placed(town: Town) -> list[tuple[shapely.LineString, str]]:
    """Road stretches with the street that their middle lies in."""
    tree = shapely.STRtree([block.shape for block in town.woven.blocks])
    lines = [stretch.line for stretch in town.woven.stretches if stretch.line.length > 80]
    owner = tree.nearest(shapely.line_interpolate_point(np.array(lines), 0.5, normalized=True))
    return [(line, town.woven.blocks[int(i)].community[:9]) for line, i in zip(lines, owner, strict=True)]


def _lonlat(points: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    xy = shapely.get_coordinates(points)
    return xy[:, 0], xy[:, 1]
