"""Components (部件): managed objects in public space."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text
from grid.located import Located, located_indexes


class ComponentState(enum.StrEnum):
    """Condition: 完好, 破损, 丢失, 废弃, 占用."""

    INTACT = "intact"
    DAMAGED = "damaged"
    MISSING = "missing"
    ABANDONED = "abandoned"
    OCCUPIED = "occupied"


class Component(Base, HasId, Located):
    """A lamp, a manhole, a hydrant: its class, who answers for it, its condition."""

    __tablename__ = "components"
    __table_args__ = (
        *located_indexes("components"),
        UniqueConstraint("code", name="uq_components_code"),
        UniqueConstraint("external_system", "external_id", name="uq_components_external"),
        Index("ix_components_geog", text("(geom::geography)"), postgresql_using="gist"),
    )

    code: Mapped[str]
    external_system: Mapped[str | None]
    external_id: Mapped[str | None]
    class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("case_classes.id"), index=True)
    name_zh: Mapped[str] = mapped_column(server_default="")
    name_en: Mapped[str] = mapped_column(server_default="")
    state: Mapped[ComponentState] = mapped_column(enum_text(ComponentState), server_default="intact")
    in_charge: Mapped[str | None]
    owner: Mapped[str | None]
    maintainer: Mapped[str | None]
    data_source: Mapped[str] = mapped_column(server_default="surveyed")
    first_recorded_on: Mapped[date | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ComponentEntry(Base, HasId):
    """One line of a component's history. Append-only."""

    __tablename__ = "component_entries"

    component_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("components.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    actor: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
