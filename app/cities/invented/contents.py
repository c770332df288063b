"""What stands, lives and happens in an invented city, into the database."""

from __future__ import annotations

import csv
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.cities import records
from app.cities.invented import happenings, people, things
from app.cities.invented.names import romanised, stem
from app.cities.invented.town import Nearest, Town, lonlat
from app.cities.profile import Profile

COMPONENT_SYSTEM = "demo"


def write_components(db: Session, town: Town, doors: Nearest) -> dict[str, Nearest]:
    """The components along the roads; where those of each class stand."""
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
        "address_id": doors.ids_near(made.x, made.y),
    })  # fmt: skip
    ids = records.write_components(db, frame, town.cells, COMPONENT_SYSTEM, generated=True)
    x, y, codes = made.x[ids.index], made.y[ids.index], frame["class_code"].loc[ids.index].to_numpy()
    return {
        str(code): Nearest(ids.to_numpy()[codes == code], x[codes == code], y[codes == code])
        for code in np.unique(codes)
    }


def write_facilities(db: Session, town: Town, facts: pd.DataFrame, address_ids: NDArray[np.int64]) -> None:
    """The facilities of each street, each at the address of its building."""
    streets = facts[facts["level"] == "street"]
    stems = {
        str(code): (stem(name), romanised(stem(name)))
        for code, name in zip(streets["code"], streets["name_zh"], strict=True)
    }
    made = pd.DataFrame(things.facilities(town.built, stems, np.random.default_rng([town.amount.seed, 7])))
    at = shapely.point_on_surface(town.built.shape[made["building"].to_numpy()])
    roads = [town.names[town.built.road[i]] for i in made["building"]]
    frame = made.drop(columns="building").assign(
        address_text=[f"{zh}{town.built.number[i]}号" for (zh, _), i in zip(roads, made["building"], strict=True)],
        geom=town.metres.back(np.asarray(at)),
        address_id=address_ids[made["building"].to_numpy()],
        external_id=[str(i) for i in range(len(made))],
    )
    records.write_facilities(db, frame, town.cells, "demo", generated=True)


def write_people(db: Session, town: Town, building_ids: NDArray[np.int64], address_ids: NDArray[np.int64]) -> None:
    """Dwellings in the houses, and who lives in them."""
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


def write_cases(db: Session, town: Town, doors: Nearest, standing: dict[str, Nearest]) -> None:
    """The cases of the last days with their steps; what is wrong with a component happens at one of its class."""
    zone = ZoneInfo(town.profile.city.time_zone)
    mix = case_mix(town.profile)
    rng = np.random.default_rng([town.amount.seed, 9])
    made = happenings.cases(
        town.woven, mix, town.amount.cases, town.invented.days, town.amount.until.astimezone(zone), rng
    )
    x, y, component_id = _at_components(made, mix, standing)
    lon, lat = town.metres.degrees(x, y)
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
        "lon": lon, "lat": lat, "due_at": times["filed_at"] + limit_s, "component_id": component_id,
        "address_id": doors.ids_near(x, y), **times,
    })  # fmt: skip
    records.write_generated_cases(db, frame, town.cells, town.invented.case_scheme, zone, until, town.invented.outcome)


def _at_components(
    made: happenings.Cases, mix: list[happenings.CaseKind], standing: dict[str, Nearest]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.object_]]:
    """x, y in metres and the component of each case; cases of a class that stands nowhere keep their place."""
    x, y = made.x.copy(), made.y.copy()
    component_id = np.full(len(x), None, dtype=object)
    for k, kind in enumerate(mix):
        here = np.flatnonzero(made.kind == k)
        those = standing.get(kind.code) if kind.kind == "component" else None
        if those is not None and len(here):
            at = those.index(x[here], y[here])
            x[here], y[here], component_id[here] = those.x[at], those.y[at], those.ids[at]
    return x, y, component_id


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


def write_events(db: Session, town: Town, doors: Nearest) -> None:
    """The profile's emergencies, each in its street."""
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
            "attributes": {"title_en": event.title_en}, "address_id": doors.ids_near(*lonlat(np.array([centre])))[0],
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
