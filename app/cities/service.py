"""Loading a city: one home, one city. Whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, table, text
from sqlalchemy.orm import Session

from app import import_models
from app.accounts import first as accounts
from app.cases import squares
from app.cities import profile as profiles
from app.cities.invented import load as invented
from app.cities.invented.town import Amount
from app.cities.profile import Profile
from app.cities.sources import load as recorded
from app.cities.sources.refused import Refused
from app.datasets import tables as datasets
from app.organisation import first as organisation
from gis.db import Base
from gis.errors import Conflict, InvalidInput

RESIDENTS_MAX = 1_000_000
CASES_MAX = 10_000_000
KEPT = ("accounts", "api_tokens", "audit_entries")  # who works here, and what they did, outlives a demo city


class CityHeld(Conflict):
    """This home already holds a city that is not the untouched demo."""

    code = "cities.city_held"


@dataclass(frozen=True)
class Order:
    """What to load: the profile, the folder of its files, and for an invented city how much, from which seed."""

    profile: str
    folder: Path | None = None
    scale: float = 1.0
    residents: int | None = None
    cases: int | None = None
    seed: int | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """The city's names, rows by table, and what was refused."""

    name_zh: str
    name_en: str
    rows: dict[str, int]
    refused: Refused


def load(db: Session, order: Order, say: Callable[[str], None], *, replace: bool = False, typed: str = "") -> Outcome:
    """Load a city into this database.

    An empty database and one with the untouched demo are filled; any other is refused with CityHeld unless
    `replace` is set and `typed` is the present city's id.
    """
    profile = profiles.read(order.profile)
    import_models()  # what is emptied for another city is every table of every register
    db.execute(text("SELECT pg_advisory_xact_lock(hashtext('city'))"))
    make_room(db, replace=replace, typed=typed)
    refused = Refused()
    if profile.invented is not None:
        invented.load(db, profile, amount(profile, order), say)
    elif order.folder is None:
        raise InvalidInput("Name the folder of the city's files: ./city load {id} --from DIR", id=order.profile)
    else:
        recorded.load(db, profile, order.folder, refused, say)
    say("statistics")
    squares.sum_up(db)
    db.execute(text("ANALYZE"))
    accounts.refit_areas(db)
    organisation.staff(db)
    facts = profile.city
    return Outcome(facts.name_zh, facts.name_en, count_rows(db), refused)


def amount(profile: Profile, order: Order) -> Amount:
    """How much an invented city gets: the profile's figures times the scale, a million people and ten million cases."""
    base = profile.invented
    assert base is not None
    if not 0 < order.scale <= CASES_MAX:
        raise InvalidInput("The scale is {scale}; it must be above 0.", scale=order.scale, field="scale")
    return Amount(
        residents=min(order.residents or round(base.residents * order.scale), RESIDENTS_MAX),
        cases=min(order.cases or round(base.cases * order.scale), CASES_MAX),
        seed=base.seed if order.seed is None else order.seed,
        until=order.until or datetime.now(UTC).replace(second=0, microsecond=0),
    )


def make_room(db: Session, *, replace: bool, typed: str) -> None:
    """Empty the tables of the present city if it may go; CityHeld otherwise."""
    present = db.execute(text("SELECT profile, name_en FROM city")).one_or_none()
    if present is None:
        return
    if not is_untouched_demo(db) and not (replace and typed == present.profile):
        raise CityHeld(
            "This home holds {name} ({id}). To replace it and lose its records: --replace {id}. "
            "To keep both, use another CITY_HOME.",
            name=present.name_en, id=present.profile,
        )  # fmt: skip
    tables = [table.name for table in Base.metadata.sorted_tables if table.name not in KEPT]
    datasets.drop_all(db)
    db.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY"))


def is_untouched_demo(db: Session) -> bool:
    """Whether the database holds the invented demo and nobody has added or changed a record."""
    return bool(db.execute(text(
        "SELECT is_demo AND NOT EXISTS (SELECT FROM cases WHERE NOT is_generated)"
        " AND NOT EXISTS (SELECT FROM case_moves WHERE account_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM events WHERE NOT is_generated)"
        " AND NOT EXISTS (SELECT FROM event_entries WHERE account_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM persons WHERE NOT is_generated)"
        " AND NOT EXISTS (SELECT FROM resident_entries WHERE account_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM dwellings WHERE NOT is_generated)"
        " AND NOT EXISTS (SELECT FROM components WHERE NOT is_generated)"
        " AND NOT EXISTS (SELECT FROM component_entries WHERE account_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM facilities WHERE NOT is_generated)"
        " AND NOT EXISTS (SELECT FROM facility_entries WHERE account_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM datasets)"
        " AND NOT EXISTS (SELECT FROM case_reporters"
        " WHERE taken_by IS NOT NULL OR rated_by IS NOT NULL OR form_key IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM work_calendars WHERE account_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM organisation_entries WHERE account_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM routing_sets WHERE account_id IS NOT NULL)"
        " AND (SELECT count(*) FROM grid_versions) <= 1 FROM city"
    )).scalar())  # fmt: skip


def count_rows(db: Session) -> dict[str, int]:
    """Rows of the tables that people ask about."""
    tables = ("areas", "area_codes", "unit_cells", "roads", "buildings", "addresses", "components", "facilities",
              "dwellings", "persons", "cases", "events")  # fmt: skip
    return {name: int(db.execute(select(func.count()).select_from(table(name))).scalar_one()) for name in tables}
