"""Duty cells (责任网格): sets of unit cells, each with the person or team who answers for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import Conflict, InvalidInput, NotFound
from grid.models import DutyCell

INSPECTION = "inspection"
_SQL = Path(__file__).parent / "sql"
_BY_AREA = text((_SQL / "duty_by_area.sql").read_text())
_UNITS_BY_AREA = text((_SQL / "duty_units_by_area.sql").read_text())
_CARRY_OVER = text((_SQL / "duty_carry_over.sql").read_text())
_END_UNITS_OF_ENDED = text("""
    UPDATE duty_cell_units u SET valid_to = :on FROM unit_cells c
    WHERE c.id = u.unit_cell_id AND u.valid_to IS NULL AND c.valid_to IS NOT NULL
""")
_UNIT_IDS = text("SELECT code, id, area_code FROM unit_cells WHERE valid_to IS NULL AND code = ANY(:codes)")
_LEAVE = text("""
    UPDATE duty_cell_units u SET valid_to = :on FROM duty_cells d
    WHERE d.id = u.duty_cell_id AND d.kind = :kind AND u.valid_to IS NULL AND u.unit_cell_id = ANY(:ids)
""")
_JOIN = text("""
    INSERT INTO duty_cell_units (duty_cell_id, unit_cell_id, valid_from)
    SELECT :duty_id, unit_id, :on FROM unnest(CAST(:ids AS bigint[])) AS unit_id
    ON CONFLICT (duty_cell_id, unit_cell_id, valid_from) DO UPDATE SET valid_to = NULL
""")
_AREA_ABOVE = text("""
    SELECT code FROM areas WHERE valid_to IS NULL AND starts_with(:shared, code) ORDER BY length(code) DESC LIMIT 1
""")
_STRANGE = text((_SQL / "duty_of_ended_areas.sql").read_text())
_BY_UNIT = text("""
    SELECT DISTINCT ON (u.unit_cell_id) u.unit_cell_id, d.id AS duty_cell_id
    FROM duty_cell_units u JOIN duty_cells d ON d.id = u.duty_cell_id
    WHERE u.valid_to IS NULL AND d.valid_to IS NULL AND d.kind = 'inspection' ORDER BY u.unit_cell_id, d.code
""")
_UNITS_OF = text("SELECT unit_cell_id FROM duty_cell_units WHERE duty_cell_id = :id AND valid_to IS NULL")


def make_by_area(db: Session, *, codes: Sequence[str] | None = None, prefix: str = "") -> int:
    """One inspection duty cell for each finest area that has none, of all its unit cells without one. Returns how many.

    `codes` names the areas; without it, all under `prefix`. It holds since its first unit cell does.
    """
    given = {"codes": None if codes is None else list(codes), "prefix": prefix}
    made: int = db.execute(_BY_AREA, given).rowcount  # type: ignore[attr-defined]  # a cursor result
    db.execute(_UNITS_BY_AREA, given)
    return made


def carry_over(db: Session, version_id: int, on: date) -> None:
    """After a redraw: each new unit cell joins the duty cells in whose old units its middle lies; old units leave."""
    db.execute(_CARRY_OVER, {"version_id": version_id, "on": on})
    db.execute(_END_UNITS_OF_ENDED, {"on": on})


def follow_areas(db: Session, on: date) -> None:
    """Duty cells whose area ended, or that hold units outside it, go on in the area that holds all their units.

    Those that have no units left end with their area. Names, people and teams stay; the row before stays known.
    """
    for duty_id, area_codes in db.execute(_STRANGE).all():
        before = db.get_one(DutyCell, duty_id)
        units = list(db.execute(_UNITS_OF, {"id": before.id}).scalars())
        before.valid_to = on
        db.flush()
        if units:
            _begin_again(db, before, units, on, area_code=_common_area(db, area_codes))


def make(
    db: Session,
    code: str,
    unit_codes: Sequence[str],
    *,
    name_zh: str = "",
    name_en: str = "",
    kind: str = INSPECTION,
    responsible: str | None = None,
    team: str | None = None,
    on: date | None = None,
) -> DutyCell:
    """A duty cell from unit cells; they leave the one of the same kind that they were in.

    Its area is the longest code prefix that all units share an area under. Raises InvalidInput for unknown or no units,
    Conflict when the code is taken.
    """
    if find(db, code) is not None:
        raise Conflict("There is a duty cell {code} already.", code=code)
    units = _units(db, unit_codes)
    since = on or date.today()
    made = DutyCell(
        code=code, kind=kind, name_zh=name_zh or code, name_en=name_en or code, responsible=responsible, team=team,
        area_code=_common_area(db, [area for _, area in units]), valid_from=since,
    )  # fmt: skip
    db.add(made)
    db.flush()
    _join(db, made, [unit_id for unit_id, _ in units], since)
    return made


def set_units(db: Session, code: str, unit_codes: Sequence[str], *, on: date | None = None) -> DutyCell:
    """Make a duty cell consist of exactly these unit cells; earlier membership ends. Raises NotFound, InvalidInput."""
    duty = get(db, code)
    units = _units(db, unit_codes)
    since = on or date.today()
    left = [one for one in db.execute(_UNITS_OF, {"id": duty.id}).scalars() if one not in {unit for unit, _ in units}]
    db.execute(_LEAVE, {"on": since, "kind": duty.kind, "ids": left})
    _join(db, duty, [unit_id for unit_id, _ in units], since)
    return duty


def assign(
    db: Session, code: str, *, responsible: str | None = None, team: str | None = None, on: date | None = None
) -> DutyCell:
    """Give a duty cell to a person or a team: the row with the former one ends, a new row holds the same units."""
    before = get(db, code)
    since = on or date.today()
    units = list(db.execute(_UNITS_OF, {"id": before.id}).scalars())
    before.valid_to = since
    db.flush()
    return _begin_again(db, before, units, since, responsible=responsible, team=team)


def find(db: Session, code: str) -> DutyCell | None:
    """The present duty cell of a code, or None."""
    return db.query(DutyCell).filter(DutyCell.code == code, DutyCell.valid_to.is_(None)).one_or_none()


def get(db: Session, code: str) -> DutyCell:
    """The present duty cell of a code; raises NotFound."""
    found = find(db, code)
    if found is None:
        raise NotFound("There is no duty cell {code}.", code=code)
    return found


def _units(db: Session, codes: Sequence[str]) -> list[tuple[int, str]]:
    """Ids and area codes of present unit cells; InvalidInput when one is unknown or none is given."""
    found = {row.code: (row.id, row.area_code) for row in db.execute(_UNIT_IDS, {"codes": list(codes)})}
    unknown = [code for code in codes if code not in found]
    if unknown or not found:
        raise InvalidInput("There is no unit cell {code}.", field="units", code=unknown[0] if unknown else "")
    return [found[code] for code in dict.fromkeys(codes)]


def _begin_again(db: Session, before: DutyCell, unit_ids: list[int], on: date, **changed: str | None) -> DutyCell:
    """A new row for a duty cell that has just ended, with the same units and what has changed."""
    facts = {name: getattr(before, name) for name in ("code", "kind", "name_zh", "name_en", "area_code")}
    people = {"responsible": before.responsible, "team": before.team}
    after = DutyCell(**(facts | people | changed), valid_from=on)
    db.add(after)
    db.flush()
    _join(db, after, unit_ids, on)
    return after


def _join(db: Session, duty: DutyCell, unit_ids: list[int], on: date) -> None:
    """Put units into a duty cell, out of others of its kind."""
    db.execute(_LEAVE, {"on": on, "kind": duty.kind, "ids": unit_ids})
    db.execute(_JOIN, {"duty_id": duty.id, "ids": unit_ids, "on": on})


def _common_area(db: Session, area_codes: list[str]) -> str:
    """The finest present area whose code is a prefix of all; the shared prefix itself if there is none."""
    low, high = min(area_codes), max(area_codes)
    shared = low[: next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))]
    found = db.execute(_AREA_ABOVE, {"shared": shared}).scalar()
    return str(found if found is not None else shared)


def cells_by_unit(db: Session) -> dict[int, int]:
    """The inspection duty cell of each unit cell that is in one, ids by ids; of several the smallest code."""
    rows = db.execute(_BY_UNIT).all()
    return {row.unit_cell_id: row.duty_cell_id for row in rows}
