"""Who works in an invented city: teams of the departments, posts over the duty cells, rules that send cases to them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cities.invented import contents
from app.cities.profile import Profile
from app.cities.writing import column, put, take_ids
from app.routing import first as routing

CELLS_A_POST = 5
NOBODYS = 3  # duty cells that get no post: a city where all is covered shows nothing
DESKS = (
    ("chief", "值班长岗", "Duty chief's desk", ["00:00-24:00"]),
    ("dispatcher", "派遣岗", "Dispatch desk", ["08:00-20:00"]),
    ("intake", "受理岗", "Intake desk", ["08:00-20:00"]),
)
SHIFTS = (["07:00-15:00"], ["08:00-16:00"], ["09:00-17:00"])
CREWS = (("一队", "crew 1"), ("二队", "crew 2"))


def write_offices(db: Session, profile: Profile, seed: int, today: date) -> None:
    """Two teams a department, one inspector's post for some duty cells of a street, and the centre's desks."""
    rng = np.random.default_rng([seed, 21])
    put(db, "teams", _teams(profile))
    since = today - timedelta(days=365)
    streets = _cells_by_street(db)
    largest = max(streets, key=lambda street: len(streets[street]))
    others = [cell for street in sorted(streets) if street != largest for cell in streets[street]]
    nobodys = set(rng.choice(others, size=min(NOBODYS, len(others)), replace=False)) if others else set()
    posts, cells = [], []
    for street in sorted(streets):
        covered = [cell for cell in streets[street] if cell not in nobodys]
        for number, start in enumerate(range(0, len(covered), CELLS_A_POST), 1):
            code = f"J{street[-3:]}-{number:02d}"
            zh, en = _street_names(db, street)
            posts.append((code, f"{zh}监督岗 {number}", f"{en} beat {number}", "inspector",
                          SHIFTS[int(rng.integers(len(SHIFTS)))]))  # fmt: skip
            cells += [(code, cell) for cell in covered[start : start + CELLS_A_POST]]
    posts += [(kind.upper(), zh, en, kind, hours) for kind, zh, en, hours in DESKS]
    _put_posts(db, posts, cells, since)


def _teams(profile: Profile) -> pd.DataFrame:
    rows = [
        (f"{code}-{n}", code, f"{zh}{crew_zh}", f"{en}, {crew_en}")
        for code, (zh, en) in profile.departments.items() for n, (crew_zh, crew_en) in enumerate(CREWS, 1)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["code", "department", "name_zh", "name_en"])
    skills = _classes_of(profile)
    return frame.assign(
        skills=column(skills.get(code, []) for code in frame["department"]),
        phone=[f"400-000-{1000 + n}" for n in range(len(frame))],
    )


def _classes_of(profile: Profile) -> dict[str, list[str]]:
    """The major classes that each department handles in the profile's mix of cases."""
    found: dict[str, list[str]] = {}
    for one in contents.case_mix(profile):
        major = f"{one.kind} {one.code[:2]}"
        if major not in found.setdefault(one.department, []):
            found[one.department].append(major)
    return found


def _cells_by_street(db: Session) -> dict[str, list[str]]:
    rows = db.execute(text(
        "SELECT d.code, a.parent_code FROM duty_cells d JOIN areas a ON a.code = d.area_code AND a.valid_to IS NULL "
        "WHERE d.valid_to IS NULL ORDER BY d.code"
    ))  # fmt: skip
    found: dict[str, list[str]] = {}
    for code, street in rows:
        found.setdefault(street, []).append(code)
    return found


def _street_names(db: Session, street: str) -> tuple[str, str]:
    row = db.execute(
        text("SELECT name_zh, name_en FROM areas WHERE code = :code AND valid_to IS NULL"), {"code": street}
    ).one()
    return row.name_zh, row.name_en


def _put_posts(
    db: Session, posts: list[tuple[str, str, str, str, list[str]]], cells: list[tuple[str, str]], since: date
) -> None:
    frame = pd.DataFrame(posts, columns=["code", "name_zh", "name_en", "kind", "hours"])
    frame["id"] = take_ids(db, "posts", len(frame))
    put(db, "posts", frame.assign(valid_from=since))
    ids = dict(zip(frame["code"], frame["id"], strict=True))
    put(db, "post_cells", pd.DataFrame({
        "post_id": [ids[code] for code, _ in cells], "duty_cell": [cell for _, cell in cells], "valid_from": since,
    }))  # fmt: skip


def write_rules(db: Session, profile: Profile) -> None:
    """Rules from class to department, as the profile's mix of cases has them; activated at once."""
    assert profile.invented is not None
    scheme = profile.invented.case_scheme
    lines = [(f"{scheme} {one.kind} {one.code}", one.department) for one in contents.case_mix(profile)]
    routing.fill(db, lines)
