"""Mapping tables between catalogues: what a class of one scheme is in another. A change is a new version, sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.cases.catalogue_models import ClassMap, ClassMapRow, Fit
from app.cases.cataloguing import RIGHT, get_scheme
from app.cases.models import CaseClass, CatalogueScheme, ClassKind
from app.cases.tables import Line, each, read_table, write_table
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

HEAD = ("from_kind", "from_code", "to_kind", "to_code", "fit")
NAMES = ("from_name_zh", "from_name_en", "to_name_zh", "to_name_en")  # written for who reads the file, not read
TURNED = {Fit.EXACT: Fit.EXACT, Fit.BROADER: Fit.NARROWER, Fit.NARROWER: Fit.BROADER}
Theirs = aliased(CaseClass, name="their_class")


class NoMap(NotFound):
    """There is no mapping table between the two schemes."""

    code = "cases.no_class_map"


@dataclass(frozen=True)
class Mapped:
    """One row of a table: a class, what it is in the other scheme, and how well that fits."""

    own: CaseClass
    their: CaseClass
    fit: Fit


@dataclass(frozen=True)
class Imported:
    """What came of a file: the new version (None on a trial or where nothing changes), how many rows, and the gaps."""

    version: int | None
    rows: int
    gaps: int


def newest(db: Session, from_id: int, to_id: int) -> ClassMap | None:
    """The table in force from one scheme to another; None if there is none."""
    found = select(ClassMap).where(ClassMap.from_scheme_id == from_id, ClassMap.to_scheme_id == to_id)
    return db.scalars(found.order_by(ClassMap.version.desc()).limit(1)).first()


def versions(db: Session, from_id: int, to_id: int) -> list[ClassMap]:
    """All versions of a table, newest first."""
    found = select(ClassMap).where(ClassMap.from_scheme_id == from_id, ClassMap.to_scheme_id == to_id)
    return list(db.scalars(found.order_by(ClassMap.version.desc())))


def all_maps(db: Session) -> list[ClassMap]:
    """The table in force for each pair of schemes."""
    found = select(ClassMap).ext(distinct_on(ClassMap.from_scheme_id, ClassMap.to_scheme_id))
    return list(db.scalars(found.order_by(ClassMap.from_scheme_id, ClassMap.to_scheme_id, ClassMap.version.desc())))


def rows(db: Session, one: ClassMap, code: str | None = None, kind: str | None = None) -> list[Mapped]:
    """The rows of a table in the order of codes, or those of one class."""
    found = (
        select(CaseClass, Theirs, ClassMapRow.fit)
        .join(ClassMapRow, ClassMapRow.from_class_id == CaseClass.id)
        .join(Theirs, Theirs.id == ClassMapRow.to_class_id)
        .where(ClassMapRow.map_id == one.id)
        .order_by(CaseClass.kind, CaseClass.code, Theirs.code)
    )
    if code is not None:
        found = found.where(CaseClass.code == code)
    if kind is not None:
        found = found.where(CaseClass.kind == ClassKind(kind))
    return [Mapped(own, their, fit) for own, their, fit in db.execute(found)]


def gaps(db: Session, one: ClassMap) -> list[CaseClass]:
    """Minor classes in use of the first scheme that lead nowhere."""
    below = aliased(CaseClass)
    led = select(ClassMapRow.from_class_id).where(ClassMapRow.map_id == one.id)
    found = select(CaseClass).where(
        CaseClass.scheme_id == one.from_scheme_id, CaseClass.is_active, CaseClass.id.not_in(led),
        ~select(below.id).where(below.parent_id == CaseClass.id).exists(),
    )  # fmt: skip
    return list(db.scalars(found.order_by(CaseClass.kind, CaseClass.code)))


def scheme_named(db: Session, name: str, version: str | None = None) -> CatalogueScheme:
    """A scheme by name and version; without a version the one in use, else the newest. NotFound."""
    found = select(CatalogueScheme).where(CatalogueScheme.name == name)
    if version:
        found = found.where(CatalogueScheme.version == version)
    one = db.scalars(found.order_by(CatalogueScheme.is_active.desc(), CatalogueScheme.id.desc()).limit(1)).first()
    if one is None:
        raise NotFound("There is no catalogue {name}.", name=name[:80])
    return one


def convert(db: Session, from_id: int, to_id: int, code: str, kind: str | None = None) -> tuple[int, list[Mapped]]:
    """What a class is in another scheme, best fit first, with the table's version. The way back serves too.

    Raises NoMap.
    """
    one = newest(db, from_id, to_id)
    if one is not None:
        found = rows(db, one, code, kind)
    else:
        one = newest(db, to_id, from_id)
        if one is None:
            raise NoMap("There is no mapping table between these catalogues.")
        back = (Mapped(it.their, it.own, TURNED[it.fit]) for it in rows(db, one))
        found = [it for it in back if it.own.code == code and kind in (None, it.own.kind.value)]
    return one.version, sorted(found, key=lambda it: (list(Fit).index(it.fit), it.their.code))


def put(db: Session, viewer: Viewer, from_id: int, to_id: int, data: bytes, file_name: str, note: str = "", *,
        is_trial: bool = False) -> Imported:  # fmt: skip
    """Make a file the new version of a table, whole or not at all; a trial only says what would come of it.

    Raises Forbidden, NotFound, BadTable with every line that is wrong.
    """
    viewer.require(RIGHT)
    if get_scheme(db, from_id).id == get_scheme(db, to_id).id:
        raise InvalidInput("A mapping leads to another catalogue.", field="to")
    wanted = _read(db, from_id, to_id, read_table(data, file_name, HEAD, NAMES))
    last = newest(db, from_id, to_id)
    same = last is not None and {(it.own.id, it.their.id): it.fit for it in rows(db, last)} == wanted
    with db.begin_nested() as trial:
        made = ClassMap(
            from_scheme_id=from_id, to_scheme_id=to_id, version=(last.version if last else 0) + 1,
            note=(note.strip() or file_name)[:500], account_id=viewer.account_id, actor=viewer.name,
        )  # fmt: skip
        db.add(made)
        db.flush()
        db.add_all(ClassMapRow(map_id=made.id, from_class_id=own, to_class_id=their, fit=fit)
                   for (own, their), fit in wanted.items())  # fmt: skip
        db.flush()
        told = Imported(None if same or is_trial else made.version, len(wanted), len(gaps(db, made)))
        if same or is_trial:
            trial.rollback()
    return told


def _read(db: Session, from_id: int, to_id: int, lines: Sequence[Line]) -> dict[tuple[int, int], Fit]:
    own, their = ({(one.kind.value, one.code): one.id for one in db.scalars(
        select(CaseClass).where(CaseClass.scheme_id == scheme))} for scheme in (from_id, to_id))  # fmt: skip
    wanted: dict[tuple[int, int], Fit] = {}

    def take(row: dict[str, str]) -> None:
        pair = (_known(own, row, "from"), _known(their, row, "to"))
        if row["fit"] not in set(Fit):
            raise InvalidInput("{fit} is not exact, broader or narrower.", field="fit", fit=row["fit"][:40])
        if pair in wanted:
            raise InvalidInput("The same two classes stand there twice.", field="to_code")
        if any(
            pair[0] == first and (fit == Fit.EXACT or row["fit"] == Fit.EXACT) for (first, _), fit in wanted.items()
        ):
            raise InvalidInput("A class with an exact counterpart has no other.", field="fit")
        wanted[pair] = Fit(row["fit"])

    each(lines, take)
    return wanted


def _known(classes: dict[tuple[str, str], int], row: dict[str, str], side: str) -> int:
    found = classes.get((row[f"{side}_kind"], row[f"{side}_code"]))
    if found is None:
        raise InvalidInput("The catalogue has no class {kind} {code}.", field=f"{side}_code",
                           kind=row[f"{side}_kind"][:20], code=row[f"{side}_code"][:40])  # fmt: skip
    return found


def write(db: Session, one: ClassMap, kind: str) -> bytes:
    """A table as a file that `put` reads."""
    told = [
        {"from_kind": it.own.kind.value, "from_code": it.own.code, "to_kind": it.their.kind.value,
         "to_code": it.their.code, "fit": it.fit.value, "from_name_zh": it.own.name_zh,
         "from_name_en": it.own.name_en, "to_name_zh": it.their.name_zh, "to_name_en": it.their.name_en}
        for it in rows(db, one)
    ]  # fmt: skip
    return write_table(kind, (*HEAD, *NAMES), told)
