"""Which accounts an administrator manages: those whose areas all lie within the administrator's own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, true

from app.accounts.models import Account
from grid.reach import Viewer, within


def are_within(viewer: Viewer, areas: Sequence[str]) -> bool:
    """Whether all of the area prefixes lie within the viewer's; the whole city ("") only within the whole city."""
    return all(viewer.reaches(code) for code in areas)


def manageable(viewer: Viewer) -> ColumnElement[bool]:
    """The same as SQL over `Account`."""
    if "" in viewer.prefixes:
        return true()
    code = func.jsonb_array_elements_text(Account.areas).column_valued("code")
    return ~select(code).where(~within(viewer, code)).exists()
