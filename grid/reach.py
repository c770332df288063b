"""A viewer's reach, and the one SQL predicate made from it.

Lists, maps, tiles, counts, exports and the API all filter with `within`: there is no second rule.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, or_, true

from gis.errors import Forbidden


@dataclass(frozen=True)
class Viewer:
    """Who looks: a role's rights, the area-code prefixes in reach, and a department.

    `prefixes` holds codes of areas; the empty string reaches the whole city; no prefix reaches nothing.
    `department` narrows what belongs to a department (None: not narrowed). `rights` are names such as ``cases.create``.
    """

    account_id: int | None
    name: str
    role: str
    prefixes: tuple[str, ...]
    department: str | None = None
    rights: frozenset[str] = field(default_factory=frozenset)

    def may(self, right: str) -> bool:
        """Whether the viewer's role holds a right."""
        return right in self.rights

    def require(self, right: str) -> None:
        """Forbidden unless the viewer's role holds the right."""
        if not self.may(right):
            raise Forbidden("Your role may not do this ({right}).", right=right)

    def reaches(self, area_code: str) -> bool:
        """Whether an area code lies inside the viewer's prefixes."""
        return any(area_code.startswith(prefix) for prefix in self.prefixes)


ANYBODY = Viewer(None, "public", "public", ())  # without a login: sees what is open to everyone, in no area


def whole_city(rights: Collection[str] = (), name: str = "system") -> Viewer:
    """The viewer of commands run on the server itself: everything in reach."""
    return Viewer(None, name, "system", ("",), rights=frozenset(rights))


def within(
    viewer: Viewer, area_code: SQLColumnExpression[Any], department: SQLColumnExpression[Any] | None = None
) -> ColumnElement[bool]:
    """The rows that a viewer may see: area code under one of the prefixes, and of the viewer's department if narrowed.

    The predicate is built by the application because row-level security switches GiST off under ``&&``.
    Prefixes are bound values; ``LIKE 'prefix%'`` uses the ``text_pattern_ops`` index.
    """
    if not viewer.prefixes:
        return false()
    here: ColumnElement[bool]
    here = (
        true() if "" in viewer.prefixes else or_(*(area_code.startswith(p, autoescape=True) for p in viewer.prefixes))
    )
    if department is None or viewer.department is None:
        return here
    return and_(here, department == viewer.department)
