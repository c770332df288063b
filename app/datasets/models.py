"""What is known of an uploaded or worked-out layer; its rows stand in a table of its own (`app.datasets.tables`)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class Audience(enum.StrEnum):
    """Who may see a data set: its owner, everyone who may see layers, or anyone without a login."""

    OWNER = "owner"
    STAFF = "staff"
    PUBLIC = "public"


class Dataset(Base, HasId):
    """One layer of rows from outside the registers; it may lie anywhere on earth.

    `geometry` is the type of its column (POINT, MULTIPOLYGON, GEOMETRY …), `columns` its properties
    (``{"name", "title", "kind"}`` each), `version` rises with every change of its rows. `origin` says where the rows
    come from (file, datum, what was mended and refused), `recipe` how they were worked out from other layers.
    """

    __tablename__ = "datasets"

    layer_id: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    audience: Mapped[Audience] = mapped_column(enum_text(Audience))
    geometry: Mapped[str]
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    row_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    bounds: Mapped[list[float] | None] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default="1")
    origin: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    recipe: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def table(self) -> str:
        """The name of the table that holds the rows."""
        return f"dataset_{self.id}"
