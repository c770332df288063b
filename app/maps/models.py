"""The log of what writes touched; read and written by `layers.touches` and triggers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Double, FetchedValue
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId


class TileTouch(Base, HasId):
    """Rows of `name` changed in a box, in degrees (EPSG:4326); without a box anywhere."""

    __tablename__ = "tile_touches"

    name: Mapped[str]
    xid: Mapped[int] = mapped_column(BigInteger, FetchedValue(), index=True)
    west: Mapped[float | None] = mapped_column(Double)
    south: Mapped[float | None] = mapped_column(Double)
    east: Mapped[float | None] = mapped_column(Double)
    north: Mapped[float | None] = mapped_column(Double)


class TileTouchMark(Base, HasId):
    """What had ended at a moment: the log up to a mark that is old enough is forgotten."""

    __tablename__ = "tile_touch_marks"

    at: Mapped[datetime]
    seen: Mapped[str]
