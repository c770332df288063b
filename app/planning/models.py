"""Recipes and their runs."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class RunState(enum.StrEnum):
    """Where a run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (RunState.WAITING, RunState.RUNNING)


class Recipe(Base, HasId):
    """A chain of steps under a name; `dataset_id` is the layer that its last good run made."""

    __tablename__ = "recipes"
    __table_args__ = (
        UniqueConstraint("owner_id", "name", name="uq_recipes_owner_id_name", postgresql_nulls_not_distinct=True),
        Index("ix_recipes_dataset_id", "dataset_id"),
    )

    name: Mapped[str]
    title: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    dataset_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("datasets.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RecipeRun(Base, HasId):
    """One carrying out of a recipe: its steps as they were then, what it cost, and what came of it.

    `done_s` are the estimated seconds of the steps that are done, `backend` the database process that works on it.
    `told` holds the CRS, each input with its version and mended features, each step with rows, seconds and sums.
    """

    __tablename__ = "recipe_runs"
    __table_args__ = (
        Index("ix_recipe_runs_recipe_id", "recipe_id", "id"),
        Index(
            "uq_recipe_runs_open", "recipe_id", unique=True, postgresql_where=text("state IN ('waiting', 'running')")
        ),
    )

    recipe_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("recipes.id", ondelete="CASCADE"))
    state: Mapped[RunState] = mapped_column(enum_text(RunState), server_default="waiting")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    estimate: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    step: Mapped[str | None]
    step_began_at: Mapped[datetime | None]
    done_s: Mapped[float] = mapped_column(server_default="0")
    backend: Mapped[int | None]
    told: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
