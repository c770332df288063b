"""Partners as administrators manage them."""

from __future__ import annotations

import time

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.errors import status_of, words_of
from app.transfer import mapping_text, partners, protocol
from app.transfer.models import Partner
from app.transfer.partners import PartnerIn
from app.transfer.words import KINDS
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput

bp = Blueprint("transfer_admin", __name__, url_prefix="/admin/transfer", template_folder="templates")
TEXTS = ("code", "kind", "name_zh", "name_en", "base_url", "secret", *partners.LIMITS)


@bp.get("")
def list_partners() -> str:
    """All partners, and a form for a new one."""
    current_viewer().require("accounts.manage")
    with transaction() as db:
        return _list(db, {"kind": "hotline", **{name: getattr(PartnerIn, name) for name in partners.LIMITS}})


def _list(db: Session, form: dict[str, str], error: CityError | None = None) -> str:
    return render_template(
        "transfer/partners.html", partners=partners.list_all(db), own=partners.own_code(db), form=form, kinds=KINDS,
        problem=_problem(error), window_s=protocol.WINDOW_S,
    )  # fmt: skip


def _problem(error: CityError | None) -> dict[str, str | None] | None:
    return {"field": error.field, "words": words_of(error)} if error else None


def _given(code: str) -> PartnerIn:
    form = request.form
    per_minute = form.get("per_minute", "600")
    if not (per_minute.isascii() and per_minute.isdecimal()):
        raise InvalidInput("Give a whole number.", field="per_minute")
    told = {name: form.get(name, "")[:500] for name in TEXTS} | {"code": code}
    return PartnerIn(
        **told, per_minute=int(per_minute[:9]), takes_at_once="takes_at_once" in form,
        is_active="is_active" in form or not form.get("is_change"),
    )  # fmt: skip


@bp.post("")
def post_partner() -> ResponseReturnValue:
    """Make a partner."""
    viewer = current_viewer()
    try:
        with transaction() as db:
            made = partners.save(db, viewer, _given(request.form.get("code", "").strip()))
            return redirect(f"/admin/transfer/{made.id}", 303)
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _list(db, request.form.to_dict() | {"secret": ""}, error), status_of(error)


@bp.get("/<int:partner_id>")
def show_partner(partner_id: int) -> str:
    """One partner: address, secret, limits, classes and fields."""
    current_viewer().require("accounts.manage")
    with transaction() as db:
        partner = partners.get(db, partner_id)
        return _one(db, partner, _form_of(partner))


def _form_of(partner: Partner) -> dict[str, str]:
    names = ("kind", "name_zh", "name_en", "base_url", "per_minute", *partners.LIMITS)
    form = {name: str(getattr(partner, name)) for name in names}
    form |= {name: "on" for name in ("takes_at_once", "is_active") if getattr(partner, name)}
    return form


def _one(db: Session, partner: Partner, form: dict[str, str], error: CityError | None = None) -> str:
    mapping = partners.current(db, partner.id)
    return render_template(
        "transfer/partner.html", partner=partner, form=form, kinds=KINDS, own=partners.own_code(db), mapping=mapping,
        classes=form.get("classes", mapping_text.written_classes(mapping)), problem=_problem(error),
        fields=form.get("fields", mapping_text.written_fields(mapping)), window_s=protocol.WINDOW_S, now=time.time(),
    )  # fmt: skip


@bp.post("/<int:partner_id>")
def post_change(partner_id: int) -> ResponseReturnValue:
    """Change a partner."""
    viewer = current_viewer()
    viewer.require("accounts.manage")
    try:
        with transaction() as db:
            partner = partners.get(db, partner_id)
            partners.save(db, viewer, _given(partner.code), partner)
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _one(db, partners.get(db, partner_id), request.form.to_dict(), error), status_of(error)
    return redirect(f"/admin/transfer/{partner_id}", 303)


@bp.post("/<int:partner_id>/mapping")
def post_mapping(partner_id: int) -> ResponseReturnValue:
    """Write a new version of its mapping."""
    viewer = current_viewer()
    viewer.require("accounts.manage")
    form = request.form
    try:
        with transaction() as db:
            partner = partners.get(db, partner_id)
            partners.save_mapping(db, viewer, partner, form.get("classes", ""), form.get("fields", ""))
    except InvalidInput as error:
        with transaction() as db:
            partner = partners.get(db, partner_id)
            kept = _form_of(partner) | {name: form.get(name, "") for name in ("classes", "fields")}
            return _one(db, partner, kept, error), status_of(error)
    return redirect(f"/admin/transfer/{partner_id}#mapping", 303)
