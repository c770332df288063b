"""Builders for partners and transfers, in the invented city of `tests.make`."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.transfer.models import Direction, Holder, Mapping, Partner, PartnerKind, Transfer, TransferState

SECRET = "a-secret-of-both-sides"


def partner(db: Session, code: str = "12345", **given: Any) -> Partner:
    """A partner without a readable secret, made once; its mapping knows no class."""
    found = db.scalar(select(Partner).where(Partner.code == code))
    if found is not None:
        return found
    facts: dict[str, Any] = {
        "kind": PartnerKind.HOTLINE, "name_zh": "12345 热线", "name_en": "Hotline 12345",
        "base_url": "http://127.0.0.1:9", "secret": b"x",
    }  # fmt: skip
    made = Partner(code=code, **facts | given)
    db.add(made)
    db.flush()
    db.add(Mapping(partner_id=made.id, version=1, made_by="test"))
    db.flush()
    return made


def transfer(db: Session, case_id: int | None, **given: Any) -> Transfer:
    """A case that came from the hotline and was accepted, unless told otherwise."""
    of = partner(db)
    mapping = db.scalars(select(Mapping).where(Mapping.partner_id == of.id)).first()
    assert mapping is not None
    facts: dict[str, Any] = {
        "partner_id": of.id, "mapping_id": mapping.id, "case_id": case_id, "key": secrets.token_hex(16),
        "direction": Direction.IN, "state": TransferState.ACCEPTED, "holder": Holder.US, "origin_system": "12345",
        "origin_id": "1", "chain": ["12345"], "done": 1,
    }  # fmt: skip
    made = Transfer(**facts | given)
    db.add(made)
    db.flush()
    return made
