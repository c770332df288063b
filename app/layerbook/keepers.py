"""Layers whose words are kept elsewhere: a domain that keeps what is said of its own layers says so here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from grid.reach import Viewer

NAME = "layer_keepers"


@dataclass(frozen=True)
class KeptWords:
    """What a keeper knows of a layer: its words by name, who may see it, and whether the viewer may change that."""

    said: Mapping[str, str] = field(default_factory=dict)
    audience: str = ""
    audience_words: str = ""
    may_change: bool = False


class Keeper(Protocol):
    """Of one kind of layers."""

    @property
    def names(self) -> tuple[str, ...]:
        """Under which words are kept, in the order of a form."""

    def words(self, viewer: Viewer, layer_id: str) -> KeptWords | None:
        """What is kept of a layer; None for one that is not of this kind."""

    def change(self, db: Session, viewer: Viewer, layer_id: str, said: Mapping[str, str]) -> None:
        """Keep other words. Forbidden for who may not."""


def register_keeper(web: Flask, keeper: Keeper) -> None:
    """Let it keep the words of its layers."""
    cast(list[Keeper], web.extensions.setdefault(NAME, [])).append(keeper)


def keeper_of(viewer: Viewer, layer_id: str) -> tuple[Keeper, KeptWords] | None:
    """Who keeps the words of a layer elsewhere, with them; None where the book does."""
    keepers: Any = current_app.extensions.get(NAME, ())
    found = ((one, one.words(viewer, layer_id)) for one in keepers)
    return next(((one, words) for one, words in found if words is not None), None)
