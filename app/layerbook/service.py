"""Writing the book: rules, and what is said of a layer. Every change leaves a row of the past and an audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.areas import reaches_whole_city
from app.accounts.rights import ROLE_NAMES
from app.audit.service import record
from app.layerbook.keepers import keeper_of
from app.layerbook.models import LayerRule, LayerWords, Says
from app.layerbook.rules import layer_target, theme_target
from app.layerbook.said import checked
from gis.errors import Forbidden, InvalidInput
from grid.reach import ANYBODY, Viewer
from layers.layer import Layer

RIGHT = "layers.govern"
CELLS_MAX = 2_000
PUBLIC = f"role:{ANYBODY.role}"
ROLES = (*(f"role:{role.value}" for role in ROLE_NAMES), PUBLIC)


@dataclass(frozen=True)
class Cell:
    """What a rule is to say; None takes it away. `target`, `field` and `who` as in `LayerRule`."""

    target: str
    field: str
    who: str
    says: Says | None


def require(db: Session, viewer: Viewer) -> None:
    """Forbidden without the right, or without the whole city in reach: the book holds for all of it."""
    viewer.require(RIGHT)
    if not reaches_whole_city(db, viewer):
        raise Forbidden("The book of layers holds for the whole city: only who has all of it in reach changes it.")


def set_rules(db: Session, viewer: Viewer, layers: Sequence[Layer], cells: Sequence[Cell]) -> int:
    """Put rules in force from the commit on; how many were changed.

    Parameters
    ----------
    layers
        All layers as they are declared: rules name one of them, one of their fields, or one of their themes.
    cells
        At most `CELLS_MAX`; of two for the same place the last one counts.

    Raises
    ------
    Forbidden, InvalidInput
        Nothing is changed then.
    """
    require(db, viewer)
    if len(cells) > CELLS_MAX:
        raise InvalidInput("At most {max} rules are changed at once.", field="items", max=CELLS_MAX)
    known = {layer_target(one.id): one for one in layers}
    themes = {theme_target(one.theme) for one in layers}
    wanted = {(one.target, one.field, one.who): one.says for one in cells}
    _check_accounts(db, {one.who for one in cells})
    for (target, field, _who), says in wanted.items():
        _check(known, themes, target, field, says)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext("layerbook"))))
    return sum(_set(db, viewer, place, says) for place, says in wanted.items())


def _check(known: Mapping[str, Layer], themes: set[str], target: str, field: str, says: Says | None) -> None:
    if target not in known and target not in themes:
        raise InvalidInput("There is no layer or theme {target}.", field="target", target=target[:80])
    if not field:
        return
    if target not in known or field not in {one.name for one in known[target].fields}:
        raise InvalidInput("{target} has no field {name}.", field="field", target=target[:80], name=field[:80])
    if says is Says.EXPORT:
        raise InvalidInput("A field is seen or hidden: it is not downloaded by itself.", field="says")


def _check_accounts(db: Session, whose: set[str]) -> None:
    """Every rule is for a role or for an account that there is."""
    asked = {one: one.removeprefix("account:") for one in whose if one not in ROLES}
    for one, number in asked.items():
        if not one.startswith("account:") or not (number.isascii() and number.isdecimal() and len(number) < 18):
            raise InvalidInput("Rules are for role:… or account:…, not for {who}.", field="who", who=one[:80])
    known = accounts.by_ids(db, [int(number) for number in asked.values()])
    for number in asked.values():
        if int(number) not in known or str(int(number)) != number:
            raise InvalidInput("There is no account {number}.", field="who", number=number)


def _set(db: Session, viewer: Viewer, place: tuple[str, str, str], says: Says | None) -> bool:
    target, field, who = place
    now = db.scalar(select(LayerRule).where(
        LayerRule.target == target, LayerRule.field == field, LayerRule.who == who, LayerRule.ended_at.is_(None)
    ))  # fmt: skip
    before = None if now is None else now.says
    if before is says:
        return False
    if now is not None:
        now.ended_by, now.ended_at = viewer.account_id, db.scalar(select(func.clock_timestamp()))
        db.flush()  # the index allows one rule of a place at a time
    if says is not None:
        db.add(LayerRule(target=target, field=field, who=who, says=says, set_by=viewer.account_id))
    db.flush()
    detail = {"field": field or None, "who": who, "before": before and before.value, "after": says and says.value}
    record(db, viewer, act="layers.rule", subject="layer", subject_id=target, detail=detail)
    return True


def may_describe(viewer: Viewer, layer: Layer) -> bool:
    """Whether the viewer may change what is said of a layer: its owner, and who keeps the book."""
    kept = keeper_of(viewer, layer.id)
    return viewer.may(RIGHT) if kept is None else kept[1].may_change


def describe(db: Session, viewer: Viewer, layer: Layer, given: Mapping[str, str]) -> None:
    """Say other things of a layer; what is not named stays, an empty text brings back what is declared.

    `layer` as it is declared. Raises Forbidden, InvalidInput.
    """
    kept = keeper_of(viewer, layer.id)
    if kept is not None:
        keeper, _ = kept
        strange = next((name for name in given if name not in keeper.names), None)
        if strange is not None:
            raise InvalidInput("Of a layer nothing is said under {name}.", field=strange[:60], name=strange[:60])
        keeper.change(db, viewer, layer.id, given)
        return
    require(db, viewer)
    clean = checked(given)
    page = db.scalar(select(LayerWords).where(LayerWords.layer_id == layer.id).with_for_update())
    before = {} if page is None else dict(page.said)
    after = {name: text for name, text in {**before, **clean}.items() if text}
    if before == after:
        return
    values = {"said": after, "changed_by": viewer.account_id, "changed_at": func.clock_timestamp()}
    statement = insert(LayerWords).values(layer_id=layer.id, **values)
    db.execute(statement.on_conflict_do_update(index_elements=[LayerWords.layer_id], set_=values))
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    detail = {"before": {one: before.get(one) for one in names}, "after": {one: after.get(one) for one in names}}
    record(db, viewer, act="layers.describe", subject="layer", subject_id=layer.id, detail=detail)
