"""What changes of the catalogue leave behind: who changed what, mappings between schemes, rules for doubles."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from gis.db import Base, HasId, enum_text


class Made(HasId):
    """A row that somebody made, when and why; the database refuses to change or delete it."""

    note: Mapped[str] = mapped_column(server_default="")

    @declared_attr
    def account_id(cls) -> Mapped[int | None]:  # noqa: N805 - declared_attr hands in the class
        return mapped_column(BigInteger, ForeignKey("accounts.id"))

    actor: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class CatalogueChange(Base, Made):
    """One change of a scheme, a class or its conditions, with what stood there before and after."""

    __tablename__ = "catalogue_changes"
    __table_args__ = (
        Index("ix_catalogue_changes_scheme_id", "scheme_id", "id"),
        Index("ix_catalogue_changes_class_id", "class_id", "id"),
    )

    scheme_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("catalogue_schemes.id"))
    class_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("case_classes.id"))
    what: Mapped[str]  # scheme, class, condition, import
    before: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    after: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class Fit(enum.StrEnum):
    """How the class that is mapped to fits: the same, a wider one that holds it, a narrower one inside it."""

    EXACT = "exact"
    BROADER = "broader"
    NARROWER = "narrower"


class ClassMap(Base, Made):
    """One version of the table that leads from the classes of a scheme to those of another; the newest is in force."""

    __tablename__ = "class_maps"
    __table_args__ = (
        UniqueConstraint("from_scheme_id", "to_scheme_id", "version", name="uq_class_maps_version"),
    )  # fmt: skip

    from_scheme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("catalogue_schemes.id"))
    to_scheme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("catalogue_schemes.id"))
    version: Mapped[int]


class ClassMapRow(Base):
    """One class and what it is in the other scheme; several rows where one class becomes several narrower ones."""

    __tablename__ = "class_map_rows"

    map_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("class_maps.id"), primary_key=True)
    from_class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("case_classes.id"), primary_key=True)
    to_class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("case_classes.id"), primary_key=True)
    fit: Mapped[Fit] = mapped_column(enum_text(Fit))


class DoubleRule(Base, Made):
    """How doubles of a class are looked for; no class: the city's own default. The newest row of a class is in force.

    `radius_m` and `hours` are what a likely double lies within; None in both: as the class above it has it.
    """

    __tablename__ = "double_rules"
    __table_args__ = (Index("ix_double_rules_class_id", "class_id", "id"),)

    class_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("case_classes.id"))
    radius_m: Mapped[float | None]
    hours: Mapped[float | None]
    weights: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
