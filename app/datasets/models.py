"""What is known of an uploaded or worked-out layer; its rows stand in a table of its own (`app.datasets.tables`)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class Audience(enum.StrEnum):
    """Who may see a data set: its owner, everyone who may see layers, or anyone without a login."""

    OWNER = "owner"
    STAFF = "staff"
    PUBLIC = "public"


class UploadState(enum.StrEnum):
    """What goes on with an uploaded file."""

    EXAMINING = "examining"
    READY = "ready"
    MAKING = "making"
    FAILED = "failed"


class Upload(Base, HasId):
    """An original that somebody sent: examined before anything is stored of it, kept by the hash of its content.

    `report` holds what was found, table by table; `samples` some rows of each table as they stand in the file (line,
    geometry as hexadecimal WKB, codes), for the preview. `work` is what is being made of it (`app.datasets.making`),
    `share` how far that or the examination is, `problem` why it failed.
    """

    __tablename__ = "dataset_uploads"
    __table_args__ = (Index(None, "sha256"),)

    key: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    suffix: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[UploadState] = mapped_column(enum_text(UploadState))
    share: Mapped[float] = mapped_column(server_default="0")
    report: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    samples: Mapped[dict[str, Any]] = mapped_column(server_default="{}", deferred=True)
    work: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Dataset(Base, HasId):
    """One layer of rows from outside the registers; it may lie anywhere on earth.

    `geometry` is the type of its column (POINT, MULTIPOLYGON, GEOMETRY …), `columns` its properties
    (``{"name", "title", "kind"}`` each), `version` rises with every change of its rows. `origin` says where the rows
    come from (file, datum, what was mended and refused), `recipe` how they were worked out from other layers.
    `about` is what people say of it (source, licence, as_of, quality). `upload_id` is the kept original; `making` how
    it was made of that: the table, the kind of geometry, each mend with whether it was taken. `rows_since` is when its
    table took the place of the one before (`app.datasets.past`).
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
    about: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    upload_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("dataset_uploads.id"), index=True)
    making: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    rows_since: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def table(self) -> str:
        """The name of the table that holds the rows."""
        return f"dataset_{self.id}"
