"""Residents: person 1–n residence n–1 dwelling; the dwelling is the located thing."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text
from grid.located import Located, located_indexes


class DwellingUse(enum.StrEnum):
    """How a dwelling is used."""

    OWN = "own"
    LET = "let"
    GROUP_LET = "group_let"
    VACANT = "vacant"
    UNKNOWN = "unknown"


class Dwelling(Base, HasId, Located):
    """A dwelling (实有房屋) in a building, with floor and unit; its point lies in the building's outline."""

    __tablename__ = "dwellings"
    __table_args__ = (
        *located_indexes("dwellings"),
        UniqueConstraint("external_id", name="uq_dwellings_external_id"),
        Index(
            "uq_dwellings_room",
            "building_id",
            "entrance",
            "floor",
            "room",
            unique=True,
            postgresql_where=text("building_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    external_id: Mapped[str | None]
    building_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("buildings.id"))
    entrance: Mapped[str | None]
    floor: Mapped[int | None]
    room: Mapped[str]
    use: Mapped[DwellingUse] = mapped_column(enum_text(DwellingUse), server_default="unknown")
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


NAME_BLANKS = r"[\s·•.]"
NAME_KEY = f"lower(regexp_replace(name, '{NAME_BLANKS}', '', 'g'))"


class Sex(enum.StrEnum):
    """GB/T 2261.1."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"
    UNSTATED = "9"


class Person(Base, HasId):
    """A person. The citizen number is stored encrypted (`number_sealed`) with a keyed blind index for look-up.

    No part of the number stands in the clear: its last four signs beside the date of birth would give it away.
    `name_key` is the name as it is looked for (small letters, no blanks or dots), made by the database.
    """

    __tablename__ = "persons"
    __table_args__ = (Index("ix_persons_name_key", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}),)

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(Computed(NAME_KEY, persisted=True))
    sex: Mapped[Sex] = mapped_column(enum_text(Sex), server_default="0")
    birth_on: Mapped[date | None]
    number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    source_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)  # keyed: system and id of an import
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))


class ResidenceKind(enum.StrEnum):
    """What ties a person to a dwelling."""

    REGISTERED = "registered"
    ACTUAL = "actual"
    WORK = "work"


class Residence(Base, HasId):
    """A person lives, is registered or works at a dwelling: from ≤ day < to. Moving is a new row.

    On one day a person lives at one dwelling and is registered at one; the migration's exclusion constraint holds it.
    """

    __tablename__ = "residences"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="days"),
        Index("ix_residences_person_id", "person_id"),
        Index("ix_residences_dwelling_id", "dwelling_id"),
    )

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("persons.id"))
    dwelling_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("dwellings.id"))
    kind: Mapped[ResidenceKind] = mapped_column(enum_text(ResidenceKind))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(server_default="clerk")
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ResidentEntry(Base, HasId):
    """One line of a person's history in the register, without personal data. Append-only."""

    __tablename__ = "resident_entries"

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("persons.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    actor: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
