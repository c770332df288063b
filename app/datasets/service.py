"""Data sets made, renamed, shown to others and taken away, in the transaction of the caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audit.service import record
from app.datasets import squares, tables
from app.datasets.intake import Intake, Progress, Taken
from app.datasets.models import Audience, Dataset, Upload, UploadState
from app.datasets.originals import Originals
from app.datasets.queries import is_seen_by
from app.datasets.shapes import AS_IT_IS, Ground, Plan, Where
from gis import datum
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from gis.files.batch import Source
from gis.files.guess import Guess
from gis.lazy import library
from grid.reach import Viewer
from grid.words import is_chinese

pypinyin = library("pypinyin")

ID = re.compile(r"[a-z][a-z0-9_-]{0,59}")
TITLE_MAX = 200
ABOUT = ("source", "licence", "as_of", "quality")


class LayerTaken(Conflict):
    """A layer of this id is there already."""

    code = "datasets.id_taken"


class LayerBusy(Conflict):
    """The worker makes the layer anew."""

    code = "datasets.layer_busy"


class NoPlace(InvalidInput):
    """The file holds nothing that lies anywhere."""

    code = "datasets.no_place"


class DatumUnknown(InvalidInput):
    """The file does not say what its coordinates are, and they don't show it."""

    code = "datasets.datum_unknown"


@dataclass(frozen=True)
class Wish:
    """How a file becomes a data set: id and title (from the file's name if None), who sees it, what it is in."""

    layer_id: str | None = None
    title: str | None = None
    audience: Audience = Audience.OWNER
    datum: str | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    refused_to: Path | None = None


def slug(name: str) -> str:
    """A layer id made of a name: small letters, digits, ``-`` and ``_``, Chinese in pinyin; ``layer`` at worst."""
    latin = "".join(pypinyin.lazy_pinyin(name)) if is_chinese(name) else name
    plain = re.sub(r"[^a-z0-9_-]+", "-", latin.lower()).strip("-_")
    plain = plain if plain[:1].isalpha() else f"layer-{plain}".rstrip("-")
    return plain[:50]


def add_source(
    db: Session, viewer: Viewer, source: Source, name: str, wish: Wish, is_declared: Callable[[str], bool],
    progress: Progress = lambda rows, share: None, *, plan: Plan = AS_IT_IS, ground: Ground | None = None,
) -> tuple[Dataset, Taken]:  # fmt: skip
    """An opened file becomes a data set of the viewer's; `name` is what to call it where the wish doesn't say.

    Raises Forbidden, InvalidInput (id), LayerTaken, NoPlace, DatumUnknown, CrsRefused, UnreadableFile.
    """
    made = add_empty(db, viewer, name, wish, is_declared)
    where = Where.of(source.guess, _datum_of(source.guess, wish))
    taken = fill(db, made, source, where, plan, ground, refused_to=wish.refused_to, progress=progress)
    made.origin = origin_of(name, source, where, taken)
    seal(db, made)
    record(db, viewer, act="datasets.add", subject=made.layer_id, detail={"rows": made.row_count, "file": name})
    return made, taken


def fill(
    db: Session, made: Dataset, source: Source, where: Where, plan: Plan, ground: Ground | None, *,
    table: str | None = None, refused_to: Path | None = None, progress: Progress = lambda rows, share: None,
) -> Taken:  # fmt: skip
    """The rows of an opened file into the table of a data set, or into a new one that is to take its place."""
    zone = ZoneInfo(str(db.scalar(text("SELECT time_zone FROM city")) or "UTC"))
    taken = Intake(db, table or made.table, source, where, zone, refused_to, plan=plan, ground=ground).run(progress)
    made.geometry, made.columns = taken.geometry, taken.columns
    return taken


def origin_of(name: str, source: Source, where: Where, taken: Taken) -> dict[str, Any]:
    """Where rows come from, for `Dataset.origin`."""
    return {
        "file": name, "format": source.guess.format, "datum": where.datum, "datum_is": source.guess.datum_is,
        "encoding": source.guess.encoding, "read": taken.read, "refused": dict(taken.refused),
        "mended": dict(taken.mended),
    }  # fmt: skip


def add_empty(
    db: Session, viewer: Viewer, name: str, wish: Wish, is_declared: Callable[[str], bool], *,
    recipe: Mapping[str, Any] | None = None,
) -> Dataset:  # fmt: skip
    """A data set without its table: who calls this makes and fills `Dataset.table`, then calls `seal`."""
    viewer.require("datasets.edit")
    may_show(viewer, wish.audience)
    title = " ".join((wish.title or name).split())[:TITLE_MAX] or "–"
    layer_id = free_id(db, wish.layer_id, name, is_declared)
    made = Dataset(
        layer_id=layer_id, title=title, owner_id=viewer.account_id, audience=wish.audience, geometry="GEOMETRY",
        columns=[], row_count=0, version=1, origin={}, recipe=None if recipe is None else dict(recipe),
        about=dict(wish.about),
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def seal(db: Session, made: Dataset) -> None:
    """After its table was filled: indexes, statistics, how many rows, and where they lie."""
    made.row_count, made.bounds = tables.finish(db, made.table)
    squares.fill(db, made)
    made.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
    db.flush()


def touch(db: Session, made: Dataset) -> None:
    """After its rows were changed: the next version, and its figures anew."""
    made.row_count, made.bounds = tables.measure(db, made.table)
    squares.fill(db, made)
    made.version += 1
    made.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
    db.flush()


def get(db: Session, viewer: Viewer, layer_id: str, *, to_change: bool = False) -> Dataset:
    """A data set that the viewer may see, or with `to_change` may change; locked for a change."""
    asked = select(Dataset).where(Dataset.layer_id == layer_id)
    found = db.scalar(asked.with_for_update() if to_change else asked)
    if found is None or not is_seen_by(viewer, found.audience, found.owner_id):
        raise NotFound("There is no layer {id}.", id=layer_id)
    is_own = found.owner_id is not None and found.owner_id == viewer.account_id and viewer.may("datasets.edit")
    if to_change and not is_own and not viewer.may("datasets.manage"):
        raise Forbidden("Only its owner may change the layer {id}.", id=layer_id)
    return found


def change(
    db: Session, viewer: Viewer, layer_id: str, *, title: str | None = None, audience: Audience | None = None,
    about: Mapping[str, str] | None = None,
) -> Dataset:  # fmt: skip
    """Another title, other people who see it, other words about it (`ABOUT`; what is not named stays)."""
    found = get(db, viewer, layer_id, to_change=True)
    if title is not None:
        plain = " ".join(title.split())
        if not plain or len(plain) > TITLE_MAX:
            raise InvalidInput("A title has between 1 and {max} characters.", field="title", max=TITLE_MAX)
        found.title = plain
    if audience is not None:
        may_show(viewer, audience)
        hiding = hidden_input(db, found, audience)
        if hiding is not None:
            raise Forbidden(
                "The layer {id} was worked out from {input}, which not everyone may see so.", id=layer_id, input=hiding
            )
        found.audience = audience
    if about is not None:
        found.about = {name: said for name, said in {**found.about, **about}.items() if said}
    found.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
    record(
        db,
        viewer,
        act="datasets.change",
        subject=layer_id,
        detail={"title": title, "audience": audience, "about": about and dict(about)},
    )
    db.flush()
    return found


def remove(db: Session, viewer: Viewer, layer_id: str, originals: Originals) -> None:
    """The data set and its rows are gone, and its original if no other is made of it; the record of it stays."""
    found = get(db, viewer, layer_id, to_change=True)
    state = db.scalar(select(Upload.state).where(Upload.id == found.upload_id))
    if state == UploadState.MAKING:
        raise LayerBusy("The layer {id} is being made anew. Wait until that is done.", id=layer_id)
    record(db, viewer, act="datasets.remove", subject=layer_id, detail={"rows": found.row_count})
    tables.drop(db, found.table)
    squares.forget(db, found)
    upload_id = found.upload_id
    db.delete(found)
    db.flush()
    others = select(Dataset.id).where(Dataset.upload_id == upload_id).limit(1)
    upload = None if upload_id is None or db.scalar(others) is not None else db.get(Upload, upload_id)
    if upload is not None:
        db.delete(upload)
        db.flush()
        originals.drop_unused(db, upload.sha256, upload.suffix)


def may_show(viewer: Viewer, audience: Audience) -> None:
    """Forbidden where the viewer may not show rows to so many."""
    if audience == Audience.PUBLIC:
        viewer.require("datasets.publish")


def hidden_input(db: Session, made: Dataset, audience: Audience) -> str | None:
    """An input of a worked-out layer that so many may not see: reach holds back a register's rows, not a result's."""
    if made.recipe is None or audience == Audience.OWNER:
        return None
    inputs = {one["layer"] for one in made.recipe["inputs"]}
    wide = [one for one in Audience if list(Audience).index(one) >= list(Audience).index(audience)]
    shown = db.scalars(select(Dataset.layer_id).where(Dataset.layer_id.in_(inputs), Dataset.audience.in_(wide)))
    return min(inputs - set(shown), default=None)


def free_id(db: Session, wanted: str | None, name: str, is_declared: Callable[[str], bool]) -> str:
    """The id that was wanted if it may be taken, else one made of a name."""
    if wanted is not None:
        if not ID.fullmatch(wanted):
            raise InvalidInput(
                "A layer's id has small letters, digits, - and _, begins with a letter, and is not {id}.",
                field="id", id=wanted,
            )  # fmt: skip
        if is_declared(wanted) or db.scalar(select(Dataset.id).where(Dataset.layer_id == wanted)) is not None:
            raise LayerTaken("There is a layer {id} already. Choose another id.", field="id", id=wanted)
        return wanted
    base = slug(name)
    known = set(db.scalars(select(Dataset.layer_id).where(Dataset.layer_id.startswith(base, autoescape=True))))
    made, number = base, 1
    while made in known or is_declared(made):
        number += 1
        made = f"{base}-{number}"
    return made


def _datum_of(guess: Guess, wish: Wish) -> str:
    if not guess.has_place:
        raise NoPlace("The file has no coordinates: no geometry, and no columns that look like x and y.", field="file")
    name = wish.datum or guess.datum
    if name is None:
        raise DatumUnknown(
            "The file does not say what its coordinates are ({why}). Name it, for example EPSG:4549.",
            field="datum", why=guess.datum_why,
        )  # fmt: skip
    return datum.normal(name)
