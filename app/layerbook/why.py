"""Why an account sees a layer, or does not: each thing that decides, in the order in which it does."""

from __future__ import annotations

from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.rights import RIGHTS, role_name
from app.layerbook import queries
from app.layerbook.governor import BOOK
from app.layerbook.models import Says
from app.layerbook.rules import Rule, is_own
from app.layerbook.words import SAYS
from app.maps.describe import THEMES
from gis.errors import NotFound
from grid.reach import Viewer
from layers.layer import Layer, Registry


def why(db: Session, registry: Registry, viewer: Viewer, name: str, layer: Layer) -> dict[str, Any]:
    """Whether the account of a name sees a layer (given as declared), what is hidden of it, and by which rule.

    Raises NoAccount for an account that the viewer does not manage.
    """
    account = account_service.managed(db, viewer, account_service.need(db, name).id)
    other = account_service.viewer_of(account)
    reasons: list[dict[str, Any]] = []
    sees = _by_rights(registry, other, layer, reasons)
    rules = BOOK.pages().rules
    rule = rules.of_layer(layer, other)
    if sees:
        sees = _by_rule(db, layer, other, rule, reasons)
    fields = [_field(db, rules.of_field(layer, one.name, other), one.name, str(one.title)) for one in layer.fields]
    hidden = [one for one in fields if one is not None and one["hidden"]] if sees else []
    may_export = sees and (other.may("layers.export") if rule is None else rule.says is Says.EXPORT)
    if sees:
        reasons.append(_reach(other, layer))
        reasons.append(_export(other, rule, may_export=may_export))
    return {
        "account": account.name, "name": account.full_name or account.name, "role": role_name(account.role.value),
        "layer": layer.id, "title": str(layer.title), "sees": sees, "may_export": may_export,
        "reasons": reasons, "hidden_fields": hidden,
    }  # fmt: skip


def _reason(code: str, words: str, *, good: bool) -> dict[str, Any]:
    return {"code": code, "words": words, "good": good}


def _by_rights(registry: Registry, other: Viewer, layer: Layer, reasons: list[dict[str, Any]]) -> bool:
    """What the role's own rights, and an owner, say: no rule opens what they close."""
    if not other.may("layers.read"):
        reasons.append(_reason("right", _("The role may not see map layers."), good=False))
        return False
    if not layer.is_open_to(other):
        right = str(RIGHTS.get(layer.right or "", layer.right or ""))
        reasons.append(_reason("right", _("The role lacks the right “{right}”.").format(right=right), good=False))
        return False
    if not registry.is_declared(layer.id) and layer.id not in {one.id for one in registry.every(other)}:
        reasons.append(_reason("owner", _("Its owner has not shown it to others."), good=False))
        return False
    reasons.append(_reason("right", _("The role's rights open it."), good=True))
    return True


def _by_rule(db: Session, layer: Layer, other: Viewer, rule: Rule | None, reasons: list[dict[str, Any]]) -> bool:
    if is_own(layer, other):
        reasons.append(_reason("own", _("It is the account's own layer: no rule narrows it."), good=True))
    elif rule is None:
        reasons.append(_reason("no_rule", _("No rule speaks of it."), good=True))
    else:
        is_seen = rule.says is not Says.HIDDEN
        reasons.append(_reason("rule", rule_words(db, rule, layer), good=is_seen))
        return is_seen
    return True


def rule_words(db: Session, rule: Rule, layer: Layer) -> str:
    """A rule as a sentence, with who set it and when."""
    about = (
        _("the theme “{name}”").format(name=THEMES[layer.theme])
        if rule.target.startswith("theme:")
        else _("the layer “{name}”").format(name=layer.title)
    )
    row = queries.rule_row(db, rule.target, rule.field, rule.who)
    by = "" if row is None or row.set_by is None else accounts.by_ids(db, [row.set_by])[row.set_by].words
    words = _("The rule for {about} and {who} says: {says}.").format(
        about=about, who=queries.who_words(db, {rule.who})[rule.who], says=SAYS[rule.says]
    )
    when = "" if row is None else format_datetime(row.set_at, "short")
    return f"{words} ({', '.join(filter(None, (by, when)))})"


def _field(db: Session, rule: Rule | None, name: str, title: str) -> dict[str, Any] | None:
    if rule is None:
        return None
    who = queries.who_words(db, {rule.who})[rule.who]
    return {"name": name, "title": title, "hidden": rule.says is Says.HIDDEN, "by": who}


def _reach(other: Viewer, layer: Layer) -> dict[str, Any]:
    if layer.owner_id is not None or "" in other.prefixes:
        return _reason("area", _("Of its rows all: the account reaches the whole city."), good=True)
    if not other.prefixes:
        return _reason("area", _("Of its rows none: the account reaches no area."), good=False)
    areas = ", ".join(other.prefixes)
    return _reason("area", _("Of its rows those in the account's areas: {areas}").format(areas=areas), good=True)


def _export(other: Viewer, rule: Rule | None, *, may_export: bool) -> dict[str, Any]:
    if rule is not None:
        words = _("The same rule allows the download.") if may_export else _("The same rule does not allow a download.")
    elif may_export:
        words = _("The role may download layers.")
    else:
        words = _("The role may not download layers.")
    return _reason("export", words, good=may_export)


def find(layers: list[Layer], layer_id: str) -> Layer:
    """A layer as it is declared; NotFound."""
    for one in layers:
        if one.id == layer_id:
            return one
    raise NotFound("There is no layer {id}.", id=layer_id)
