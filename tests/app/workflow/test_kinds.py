"""Declarations of kinds of matter: read whole, and mistakes in them told by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import PROJECT
from app.workflow.kinds import KindBroken, read_kind

PERMIT = Path(__file__).with_name("permit.toml")
SMALL = """
kind = "x"
version = "1"
title = {{ zh = "x", en = "x" }}
[states]
a = {{ zh = "a", en = "a" }}
b = {{ zh = "b", en = "b", open = false }}
{rest}
[[acts]]
name = "end"
zh = "end"
en = "end"
start = ["a"]
to = "b"
roles = ["chief"]
"""


def declared(tmp_path: Path, rest: str) -> Path:
    file = tmp_path / "x.toml"
    file.write_text(SMALL.format(rest=rest))
    return file


def act(**given: str) -> str:
    facts = {"name": '"more"', "zh": '"m"', "en": '"m"', "start": '["a"]', "to": '"b"', "roles": '["chief"]'} | given
    return "[[acts]]\n" + "\n".join(f"{name} = {value}" for name, value in facts.items())


def test_a_kind_is_another_file_not_another_engine() -> None:
    permit = read_kind(PERMIT)
    assert permit.open_states == ("draft", "reviewing", "waiting")
    assert permit.turns("planner") == ("reviewing",)
    submit = permit.act("submit")
    assert submit is not None
    assert permit.starts(submit, "draft")
    assert not permit.starts(submit, "reviewing")
    refuse = permit.act("refuse")
    assert refuse is not None
    assert permit.starts(refuse, "waiting")
    assert not permit.starts(refuse, "granted")


def test_the_grid_case_is_declared() -> None:
    kind = read_kind(PROJECT / "data/workflows/grid-case.toml")
    assert kind.open_states == ("reported", "verifying", "filed", "handling", "checking", "suspended", "transferred")


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        (act(to='"c"'), "act more: there is no state c"),
        (act(start='["c"]'), "act more: there is no state c"),
        (act(name='"end"'), "act end stands there twice"),
        (act(opens='["look"]'), "act more: there is no task look"),
        (act(roles="[]", asked_by='["leader"]'), "act more may be asked for, but nobody may grant it"),
        ('c = { zh = "c", en = "c" }', "nothing leads out of the open state c"),
        ('c = { zh = "c", en = "c", colour = "red", open = false }', "colour"),
        (act(form='[{ name = "x", kind = "choice", zh = "x", en = "x" }]'), "a choice has choices"),
        ("c = ", "x.toml"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, rest: str, told: str) -> None:
    with pytest.raises(KindBroken) as broken:
        read_kind(declared(tmp_path, rest))
    assert broken.value.code == "workflow.kind_broken"
    assert told in str(broken.value)


def test_unknown_guards_and_roles_are_told_when_it_is_bound(tmp_path: Path) -> None:
    kind = read_kind(declared(tmp_path, act(guards='["moon_is_full"]')))
    with pytest.raises(KindBroken, match="guard moon_is_full"):
        kind.check(guards=(), roles=("chief",))
    with pytest.raises(KindBroken, match="role chief"):
        kind.check(guards=("moon_is_full",), roles=("inspector",))
    kind.check(guards=("moon_is_full",), roles=("chief",))
