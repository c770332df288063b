"""Facilities: hospitals, schools, stations, shelters and what else people go to or come from."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text
from grid.located import Located, located_indexes


class FacilityKind(enum.StrEnum):
    """What a facility is for."""

    HOSPITAL = "hospital"
    CLINIC = "clinic"
    SCHOOL = "school"
    DAY_CARE = "day_care"
    ELDERLY_CARE = "elderly_care"
    FIRE_STATION = "fire_station"
    POLICE_STATION = "police_station"
    SHELTER = "shelter"
    COMMUNITY_CENTRE = "community_centre"
    GOVERNMENT = "government"
    PARK = "park"
    BIKE_SHARE = "bike_share"
    OTHER = "other"


class Facility(Base, HasId, Located):
    """A facility at a point or over an area."""

    __tablename__ = "facilities"
    __table_args__ = (
        *located_indexes("facilities"),
        UniqueConstraint("external_system", "external_id", name="uq_facilities_external"),
        Index("ix_facilities_kind", "kind"),
    )
    __geometry_kind__ = "GEOMETRY"

    external_system: Mapped[str | None]
    external_id: Mapped[str | None]
    kind: Mapped[FacilityKind] = mapped_column(enum_text(FacilityKind))
    name_zh: Mapped[str] = mapped_column(server_default="")
    name_en: Mapped[str] = mapped_column(server_default="")
    address_text: Mapped[str | None]
    capacity: Mapped[int | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FacilityEntry(Base, HasId):
    """One line of a facility's history. Append-only."""

    __tablename__ = "facility_entries"

    facility_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("facilities.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    actor: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
