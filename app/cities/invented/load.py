"""An invented city into the database: the fabric, then everything that stands, lives and happens in it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cities import steps
from app.cities.invented import buildings, callers, contents, fabric, offices
from app.cities.invented.names import english_area_name, people_names, road_names, stem
from app.cities.invented.town import Amount, Metres, Nearest, Town, lonlat
from app.cities.profile import Invented, Profile
from app.cities.writing import column, put, take_ids
from gis.datum import transform_geometry

Say = Callable[[str], None]
ROAD_CLASSES = ("primary", "secondary", "residential")


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
    woven = fabric.dry(woven, water)
    steps.write_city(db, profile, outline)
    _write_areas(db, profile, metres, woven, facts, amount.until.date())
    names = _road_names(woven, np.random.default_rng([amount.seed, 2]))
    built = buildings.build_up(woven, water, np.random.default_rng([amount.seed, 3]))
    roads = metres.back(np.array([stretch.line for stretch in woven.stretches]))
    say("unit cells")
    cells = steps.write_cells(db, profile, lines=roads, buildings=metres.back(built.shape))
    town = Town(profile, invented, amount, metres, woven, water, built, names, cells)
    _staff_duty_cells(db, town, facts)
    offices.write_offices(db, profile, amount.seed, amount.until.date())
    say("roads, ground, addresses, buildings")
    _write_ground(db, town, roads)
    address_ids = _write_addresses(db, town)
    building_ids = _write_buildings(db, town, address_ids)
    say("catalogues, components, facilities")
    steps.write_catalogues(db, profile)
    offices.write_rules(db, profile)
    doors = Nearest(address_ids, *lonlat(shapely.point_on_surface(built.shape)))
    standing = contents.write_components(db, town, doors)
    contents.write_facilities(db, town, facts, address_ids)
    say(f"{amount.residents:,} residents")
    contents.write_people(db, town, building_ids, address_ids)
    say(f"{amount.cases:,} cases")
    contents.write_cases(db, town, doors, standing)
    callers.write_callers(db, town)
    contents.write_events(db, town, doors)


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
    stems = {code: stem(name) for code, name in zip(facts["code"], facts["name_zh"], strict=True)}
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
    places = town.cells.locate_many(*lonlat(shapely.point_on_surface(shapes)))
    put(db, "buildings", pd.DataFrame({
        "id": ids, "external_id": [f"demo-{i}" for i in range(len(ids))], "use": built.use,
        "floors": built.floors, "height_m": built.floors * 3.0 + 1.5, "address_id": address_ids,
        "unit_cell_id": places.unit_cell_id, "area_code": places.area_code, "geom": shapes, "is_generated": True,
    }))  # fmt: skip
    return ids
