"""Maps for other sites: made, looked at, used, revoked. Each has a right of its own, narrower than its maker's.

Its key opens the chosen layers in the chosen areas, read only, until it ends; it is kept as SHA-256 only. Layers of
people are never part of one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.accounts.areas import check_codes
from app.audit.service import record
from app.printing.models import Embed
from app.printing.schemas import EmbedIn
from app.printing.view import clean, read_view
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from layers.filters import NOTHING, Filter, read_filter
from layers.layer import Layer, Registry

RIGHT = "views.embed"
PREFIX = "map_"
EMBEDS_MAX = 100
GROUND = "areas"  # the layer that the base map's borders and names come from
ORIGIN = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]{0,180}[a-z0-9])?(?::\d{1,5})?|http://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?"
)


class EmbedOver(Forbidden):
    """The map was revoked, has ended, or its maker has lost the right."""

    code = "embeds.over"


class TooManyEmbeds(Conflict):
    """The account has as many as it may."""

    code = "embeds.too_many"


@dataclass(frozen=True)
class Opened:
    """What a key opens: the map's layers, for a viewer with its narrow right."""

    embed: Embed
    viewer: Viewer
    ground: tuple[Layer, ...]
    chosen: tuple[Layer, ...]

    def get(self, layer_id: str) -> Layer:
        """One of its layers; NotFound for any other, be it there or not."""
        for one in (*self.chosen, *self.ground):
            if one.id == layer_id:
                return one
        raise NotFound("There is no layer {id}.", id=layer_id)

    def filter_of(self, layer: Layer, now: datetime, zone: tzinfo) -> Filter:
        """The filter that was fixed when the map was made; none for the ground."""
        if layer not in self.chosen:
            return NOTHING
        return read_filter(layer, read_view(self.embed.query).args(layer, now), zone)


def digest_of(key: str) -> str:
    """SHA-256 of a key, hexadecimal; the key is 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


def make(db: Session, registry: Registry, viewer: Viewer, given: EmbedIn) -> tuple[str, Embed]:
    """A new map for other sites, and its key, which is never to be had again."""
    viewer.require(RIGHT)
    if viewer.account_id is None:
        raise Forbidden("Only who is logged in opens maps to other sites.")
    mine = (
        select(func.count()).select_from(Embed).where(Embed.owner_id == viewer.account_id, Embed.revoked_at.is_(None))
    )
    if (db.scalar(mine) or 0) >= EMBEDS_MAX:
        raise TooManyEmbeds("{max} maps are shared already: revoke one first.", max=EMBEDS_MAX)
    query = clean(given.query)
    layers = _layers(registry, viewer, given.layers)
    for layer in layers:  # a filter that does not fit is told now
        read_filter(layer, read_view(query).args(layer, datetime.now(UTC)))
    key = PREFIX + secrets.token_urlsafe(32)
    made = Embed(
        digest=digest_of(key), owner_id=viewer.account_id, title=given.title, query=query,
        layers=[one.id for one in layers], prefixes=_areas(db, viewer, given.areas), origins=_origins(given.origins),
        expires_at=datetime.now(UTC) + timedelta(days=given.days),
    )  # fmt: skip
    db.add(made)
    db.flush()
    db.refresh(made)
    detail = {"layers": made.layers, "areas": made.prefixes, "origins": made.origins}
    record(db, viewer, act="embeds.make", subject="embed", subject_id=made.id, detail=detail)
    return key, made


def _layers(registry: Registry, viewer: Viewer, ids: Sequence[str]) -> list[Layer]:
    found = [registry.get(one, viewer) for one in dict.fromkeys(ids)]
    if not found:
        raise InvalidInput("Choose at least one layer.", field="layers")
    for one in found:
        if one.floor is not None:
            raise InvalidInput(
                "{layer} tells of people: it is not shown on other sites.", field="layers", layer=one.title
            )
        if one.theme == "base":
            raise InvalidInput(
                "{layer} belongs to the base map, which is there anyway.", field="layers", layer=one.title
            )
    return found


def _areas(db: Session, viewer: Viewer, codes: Sequence[str]) -> list[str]:
    """The asked prefixes, each inside the maker's reach; without any, the maker's own."""
    wanted = check_codes(db, codes) if codes else list(viewer.prefixes)
    for one in wanted:
        if not viewer.reaches(one):
            raise Forbidden("The area {code} is not one of yours.", field="areas", code=one)
    return wanted


def _origins(given: Sequence[str]) -> list[str]:
    found = []
    for one in given:
        plain = one.strip().rstrip("/").lower()
        if not ORIGIN.fullmatch(plain):
            raise InvalidInput(
                "{origin} is no site: write it like https://intranet, without a path.",
                field="origins",
                origin=one,
            )
        found.append(plain)
    return list(dict.fromkeys(found))


def own(db: Session, viewer: Viewer) -> Sequence[Embed]:
    """The viewer's maps for other sites, newest first."""
    return db.scalars(select(Embed).where(Embed.owner_id == viewer.account_id).order_by(Embed.id.desc())).all()


def revoke(db: Session, viewer: Viewer, embed_id: int) -> Embed:
    """End one of the viewer's maps: its key opens nothing from the next request on."""
    found = db.scalar(select(Embed).where(Embed.id == embed_id, Embed.owner_id == viewer.account_id).with_for_update())
    if found is None:
        raise NotFound("There is no such map.")
    if found.revoked_at is None:
        found.revoked_at = datetime.now(UTC)
        record(db, viewer, act="embeds.revoke", subject="embed", subject_id=found.id, detail={})
        db.flush()
    return found


def open_(db: Session, registry: Registry, key: str, *, counted: bool = False) -> Opened:
    """What a key opens now: never more than its maker may see at this moment. NotFound, EmbedOver."""
    found = find(db, key)
    now = datetime.now(UTC)
    if found.revoked_at is not None:
        raise EmbedOver("This map was withdrawn by who shared it.")
    if found.expires_at <= now:
        raise EmbedOver("This map was shared for a time that is over.")
    maker = _maker(db, found)
    if maker is None:
        raise EmbedOver("This map was withdrawn by who shared it.")
    chosen = _chosen(registry, maker, found)
    viewer = narrowed(maker, found.prefixes, chosen)
    taken = {one.id for one in chosen}
    ground = [one for one in registry.all(maker) if (one.theme == "base" or one.id == GROUND) and one.id not in taken]
    if counted:
        used = update(Embed).where(Embed.id == found.id).values(uses=Embed.uses + 1, last_used_at=now)
        db.execute(used.execution_options(synchronize_session=False))
    return Opened(found, viewer, tuple(ground), tuple(chosen))


def find(db: Session, key: str) -> Embed:
    """The map of a key, be it over or not."""
    found = db.scalar(select(Embed).where(Embed.digest == digest_of(key)))
    if found is None:
        raise NotFound("There is no such map.")
    return found


def _maker(db: Session, embed: Embed) -> Viewer | None:
    """Who shared it, while they may."""
    account = accounts.get(db, embed.owner_id)
    maker = accounts.viewer_of(account)
    return maker if account.is_active and maker.may(RIGHT) else None


def narrowed(maker: Viewer, prefixes: Sequence[str], layers: Sequence[Layer]) -> Viewer:
    """The maker with the right to look at these layers and no other, where the prefixes and the maker's areas meet."""
    inside = [one for one in prefixes if maker.reaches(one)]
    meet = [mine for mine in maker.prefixes if any(mine.startswith(one) for one in prefixes)]
    rights = {"layers.read", *(one.right for one in layers if one.right)}
    return replace(maker, prefixes=tuple(dict.fromkeys([*inside, *meet])), rights=frozenset(rights))


def _chosen(registry: Registry, maker: Viewer, embed: Embed) -> list[Layer]:
    """The chosen layers that the maker still sees."""
    found = []
    for layer_id in embed.layers:
        with suppress(NotFound):
            found.append(registry.get(layer_id, maker))
    return [one for one in found if one.floor is None]
