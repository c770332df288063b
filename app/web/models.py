"""The shell's own table: answers kept for requests that may come twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId


class IdempotencyKey(Base, HasId):
    """One POST sent under a key: `status` and `body` are empty while it runs."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("account_id", "route", "key", name="uq_idempotency_keys_account_id_route_key"),)

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    route: Mapped[str]
    key: Mapped[str]
    request_digest: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
