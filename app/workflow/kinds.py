"""What a kind of matter is: its states and the acts that lead from one to another, read from a declaration.

A declaration is a TOML file (`data/workflows/*.toml`): another kind of matter is another file, not another engine.
It is read whole and checked when the application is made; a mistake in it stops the start and names the place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis.errors import InvalidInput

FieldKind = Literal[
    "text",
    "number",
    "flag",
    "choice",
    "date",
    "moment",
    "department",
    "departments",
    "team",
    "photos",
    "place",
    "class",
    "condition",
    "matter",
    "parts",
    "partner",
]
STAYS, BACK = "=", "<"  # an act that leaves the state as it is; one that leads to where the matter was before
ANY_OPEN = "open"


class KindBroken(InvalidInput):
    """A declaration of a kind of matter contradicts itself."""

    code = "workflow.kind_broken"


class Strict(BaseModel):
    """A part of a declaration: nothing unknown in it, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Strict):
    """A part that people read the name of, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class State(Named):
    """Where a matter can stand.

    `clock` says what the clock of the whole matter does here: it runs, is paused, or has stopped. `limit` is the
    stage's own limit in words ("4 work_hour"). `turn` names the roles whose turn it is: their queue.
    """

    open: bool = True
    clock: Literal["runs", "paused", "stopped"] = "runs"
    limit: str | None = None
    turn: tuple[str, ...] = ()


class FormField(Named):
    """One thing that an act asks for."""

    name: str = Field(pattern=r"^[a-z][a-z_0-9]*$")
    kind: FieldKind = "text"
    required: bool = False
    choices: dict[str, Named] = Field(default_factory=dict)
    max_length: int = 4000

    @model_validator(mode="after")
    def _has_choices(self) -> FormField:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"field {self.name}: a choice has choices, and nothing else has")
        return self


class Wake(Strict):
    """What the matter does by itself: an act, on the day or at the moment that a field of the form gives."""

    at: str
    act: str


class Act(Named):
    """One thing that can be done to a matter.

    `start` names the states it may be done in ("open": any open one). `to` is the state after it: "=" the same,
    "<" the one before the present one. Who has one of `roles` does it at once; who has one of `asked_by` asks for it,
    and it is done when somebody of `roles` grants it. `at_most` counts how often it may be done to one matter.
    `opens` and `answers` name tasks. `tone` is how its button looks, `did` how a history tells of it.
    """

    name: str = Field(pattern=r"^[a-z][a-z_0-9]*$")
    start: tuple[str, ...]
    to: str
    roles: tuple[str, ...] = ()
    asked_by: tuple[str, ...] = ()
    form: tuple[FormField, ...] = ()
    guards: tuple[str, ...] = ()
    did: Named | None = None
    opens: tuple[str, ...] = ()
    answers: str | None = None
    at_most: int | None = Field(default=None, ge=1)
    tone: Literal["main", "plain", "danger"] = "plain"
    undo: bool = False
    wake: Wake | None = None

    def field(self, name: str) -> FormField | None:
        """What the act asks for under a name; None if it doesn't."""
        return next((one for one in self.form if one.name == name), None)


class TaskKind(Named):
    """Work for one person or department while a matter stands in a state; it has a limit of its own.

    `stays`: it goes on while the matter moves from state to state, as long as that is open.
    """

    role: str
    stays: bool = False
    limit: str | None = None
    results: dict[str, Named] = Field(default_factory=dict)


class Kind(Strict):
    """A kind of matter, whole."""

    kind: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str
    title: Named
    states: dict[str, State]
    acts: tuple[Act, ...]
    tasks: dict[str, TaskKind] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _agrees(self) -> Kind:
        for wrong in self._wrongs():
            raise ValueError(wrong)
        return self

    def _wrongs(self) -> Iterator[str]:
        names = [act.name for act in self.acts]
        yield from (f"act {name} stands there twice" for name in {one for one in names if names.count(one) > 1})
        for act in self.acts:
            unknown = {*act.start, act.to} - self.states.keys() - {STAYS, BACK, ANY_OPEN}
            yield from (f"act {act.name}: there is no state {one}" for one in sorted(unknown))
            wanted = {*act.opens, *([act.answers] if act.answers else [])}
            yield from (f"act {act.name}: there is no task {one}" for one in sorted(wanted - self.tasks.keys()))
            if act.wake is not None and (act.field(act.wake.at) is None or act.wake.act not in names):
                yield f"act {act.name}: wakes by a field or act that is not there"
            if act.asked_by and not act.roles:
                yield f"act {act.name} may be asked for, but nobody may grant it"
        for name, state in self.states.items():
            if state.open and not any(self.starts(act, name) and act.to != STAYS for act in self.acts):
                yield f"nothing leads out of the open state {name}"

    def starts(self, act: Act, state: str) -> bool:
        """Whether an act may be done in a state."""
        return state in act.start or (ANY_OPEN in act.start and self.states[state].open)

    def act(self, name: str) -> Act | None:
        """An act by name; None if there is none."""
        return self._acts.get(name)

    @cached_property
    def _acts(self) -> dict[str, Act]:
        return {act.name: act for act in self.acts}

    @cached_property
    def busy_states(self) -> frozenset[str]:
        """The states in which tasks may be open that end with the state: those that an act leads to and opens one."""
        found: set[str] = set()
        for act in self.acts:
            if any(not self.tasks[task].stays for task in act.opens):
                leads_to = act.start if act.to == STAYS else (act.to,)
                found |= set(self.open_states) if {ANY_OPEN, BACK} & set(leads_to) else set(leads_to)
        return frozenset(found)

    @property
    def open_states(self) -> tuple[str, ...]:
        """The states in which somebody still has to act."""
        return tuple(name for name, state in self.states.items() if state.open)

    def turns(self, role: str) -> tuple[str, ...]:
        """The states in which it is a role's turn."""
        return tuple(name for name, state in self.states.items() if role in state.turn)

    def check(self, *, guards: Collection[str], roles: Collection[str]) -> None:
        """KindBroken where the declaration names a guard or role that isn't there."""
        for act in self.acts:
            for what, named, known in (("guard", act.guards, guards), ("role", (*act.roles, *act.asked_by), roles)):
                for one in sorted(set(named) - set(known)):
                    raise KindBroken(
                        "{kind}: act {act} names the {what} {name}, which is not there.",
                        kind=self.kind, act=act.name, what=what, name=one,
                    )  # fmt: skip


def read_kind(file: Path) -> Kind:
    """The kind of matter that a file declares; KindBroken says what is wrong in it."""
    try:
        return Kind.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise KindBroken("{file} can't be used: {reason}", file=file.name, reason=str(error)) from error
