"""A kept style of a layer, and a layer kept at hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId


class MapStyle(Base, HasId):
    """How somebody wants a layer drawn; shared ones are for everyone who may see the layer.

    `declared` is what `layers.declared` reads. `layer_id` names a declared layer or a data set: one that is gone leaves
    styles that nobody is offered.
    """

    __tablename__ = "map_styles"

    layer_id: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    owner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    is_shared: Mapped[bool] = mapped_column(server_default="false")
    declared: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Favourite(Base):
    """A layer that an account keeps at hand."""

    __tablename__ = "layer_favourites"

    account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    layer_id: Mapped[str] = mapped_column(primary_key=True)
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
