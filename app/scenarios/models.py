"""Scenarios and their runs."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class ScenarioState(enum.StrEnum):
    """Where a run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (ScenarioState.WAITING, ScenarioState.RUNNING)


class Scenario(Base, HasId):
    """A named what-if: what is measured (`settings`) and what would be otherwise (`changes`), both as declared."""

    __tablename__ = "scenarios"
    __table_args__ = (Index("ix_scenarios_owner_id", "owner_id"),)

    title: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    owner_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    owner: Mapped[str] = mapped_column(server_default="")
    is_shared: Mapped[bool] = mapped_column(server_default="false")
    prefixes: Mapped[list[str]]  # the reach of who made it: others see it only if theirs holds all of it
    settings: Mapped[dict[str, Any]]
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ScenarioRun(Base, HasId):
    """One working out of a scenario, as it was declared then, in the reach (`prefixes`) of who asked.

    `inputs` are the versions of what went in by name; `told` the measures, cells and sums; `drawn` a GeoJSON
    FeatureCollection (EPSG:4326) of before, after and their difference. None of it changes afterwards.
    """

    __tablename__ = "scenario_runs"
    __table_args__ = (
        Index("ix_scenario_runs_scenario_id", "scenario_id", "id"),
        Index(
            "uq_scenario_runs_open",
            "scenario_id",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    scenario_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("scenarios.id", ondelete="CASCADE"))
    state: Mapped[ScenarioState] = mapped_column(enum_text(ScenarioState), server_default="waiting")
    prefixes: Mapped[list[str]]
    settings: Mapped[dict[str, Any]]
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    step: Mapped[str | None]
    backend: Mapped[int | None]
    inputs: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    told: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    drawn: Mapped[dict[str, Any]] = mapped_column(server_default="{}", deferred=True)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
