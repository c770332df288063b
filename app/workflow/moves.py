"""Doing acts: which are open to whom and why the others are not, doing one, asking for one, granting it, undoing it.

Every act is one new row with actor, place, time, reason and the facts after it; the matter's own row is only the last
of these put where it is found fast. The matter's row is locked while an act is done: of two at once one wins, and the
other is told what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Generic

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.workflow import tasks, timing
from app.workflow.facts import ENGINE_FACTS, facts_of, put_back
from app.workflow.kinds import BACK, STAYS, Act, Kind
from app.workflow.models import MoveRow
from app.workflow.situation import NOTHING, Effect, Given, Guard, M, Situation
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

BEGUN = "report"  # the first move of every matter
UNDO_FOR = timedelta(minutes=10)
UndoGuard = Callable[[Session, int], CityError | None]  # the matter by id


class ActNotAllowed(Conflict):
    """The matter's present state does not allow the act."""

    code = "workflow.act_not_allowed"


class Stale(Conflict):
    """Somebody else moved the matter since it was looked at."""

    code = "workflow.stale"


class TooOften(Conflict):
    """The act has been done as often as it may be done to one matter."""

    code = "workflow.too_often"


class CannotUndo(Conflict):
    """The move can't be taken back any more."""

    code = "workflow.cannot_undo"


@dataclass(frozen=True)
class Choice:
    """An act as it stands for one viewer: open (`why_not` is None), or blocked and why; `asks`: by request only."""

    act: Act
    why_not: CityError | None
    asks: bool


@dataclass(frozen=True)
class Workflow(Generic[M]):
    """A kind of matter bound to its tables and to the domain's guards and effects.

    `key` is the column that people name a matter by, `link` the move's column that points to it. `facts` are the
    matter's own columns that moves keep beside the engine's. `visible` is the one rule for who sees which matter.
    `after` runs once the move stands, inside the transaction: announcing, notices.
    """

    kind: Kind
    matter: type[M]
    move_row: type[Any]  # of MoveRow; its constructor takes the columns of the domain's own table
    key: InstrumentedAttribute[Any]
    link: InstrumentedAttribute[Any]
    visible: Any  # (viewer) -> ColumnElement[bool]
    right: str
    facts: tuple[str, ...] = ()
    guards: Mapping[str, Guard] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    undo_guards: Mapping[str, UndoGuard] = field(default_factory=dict)  # by act: why it can't be taken back
    after: Any = None  # (db, situation, row) -> None
    missing: str = "There is no matter {number}, or not in your areas."

    def locked(self, db: Session, viewer: Viewer, number: str, revision: int | None = None) -> M:
        """The matter, locked until the transaction ends. Raises NotFound, Stale."""
        seen: ColumnElement[bool] = self.visible(viewer)
        found = db.scalar(select(self.matter).where(self.key == number, seen).with_for_update())
        if found is None:
            raise NotFound(self.missing, number=number)
        if revision is not None and found.revision != revision:
            last = self.last_move(db, found.id)
            raise Stale(
                "{actor} moved it meanwhile ({act}). Look again before you go on.",
                actor=last.actor if last else "", act=last.act if last else "",
            )  # fmt: skip
        return found

    def last_move(self, db: Session, matter_id: int) -> MoveRow | None:
        """The newest move of a matter."""
        return db.scalars(self._moves_of(matter_id).order_by(self.move_row.id.desc()).limit(1)).first()

    def _moves_of(self, matter_id: int) -> Any:
        return select(self.move_row).where(self.link == matter_id)

    def situation(self, matter: M, act: Act, viewer: Viewer, now: datetime, given: Given | None = None) -> Any:
        """What guards and effects are handed."""
        return Situation(self.kind, act, matter, viewer, now, given, facts_of(matter, self.facts))

    def begin(self, db: Session, viewer: Viewer, matter: M, *, at: datetime, act: str = BEGUN,
              answers: Mapping[str, Any] | None = None) -> MoveRow:  # fmt: skip
        """Add a new matter and its first move, a report unless told otherwise; its stage's clock starts at `at`."""
        now = timing.now(db)
        state = self.kind.states[matter.status]
        matter.stage_due_at = timing.limit_ends(db, state.limit, at)
        matter.revision = 1
        db.add(matter)
        db.flush()
        begun = Act(name=act, zh=state.zh, en=state.en, start=(matter.status,), to=STAYS)
        return self._write(
            db, self.situation(matter, begun, viewer, now), None, Given(answers or {}, at=at), begun=True
        )

    # --- which acts -------------------------------------------------------------------------------------------------

    def choices(self, db: Session, viewer: Viewer, matter: M, now: datetime) -> list[Choice]:
        """The acts of the matter's state for the viewer's role, in declared order; blocked ones say why."""
        if not viewer.may(self.right):
            return []
        found = []
        for act in self.kind.acts:
            if not self.kind.starts(act, matter.status) or viewer.role not in (*act.roles, *act.asked_by):
                continue
            asks = viewer.role not in act.roles
            found.append(Choice(act, self.why_not(db, self.situation(matter, act, viewer, now)), asks))
        return found

    def why_not(self, db: Session, situation: Situation[M]) -> CityError | None:
        """What keeps an act from being done, whoever does it; None if nothing does."""
        act, matter = situation.act, situation.matter
        if act.at_most is not None and self.times_done(db, matter.id, act.name) >= act.at_most:
            return TooOften("This can be done {count} times at most, and has been.", count=act.at_most)
        if act.answers:
            found = tasks.mine(db, self.kind.kind, matter.id, act.answers, situation.viewer)
            if found is None:
                return ActNotAllowed("There is no open task of yours here to answer.")
            situation.found[tasks.TASK] = found
        for name in act.guards:
            if (why_not := self.guards[name](db, situation)) is not None:
                return why_not
        return None

    def times_done(self, db: Session, matter_id: int, act: str) -> int:
        """How often an act was done to a matter; those taken back don't count."""
        undone = undone_name(act)
        found = db.execute(self._counted, {"matter_id": matter_id, "act": act, "undone": undone})
        times = {done: int(count) for done, count in found}
        return times.get(act, 0) - times.get(undone, 0)

    @cached_property
    def _counted(self) -> Any:
        row = self.move_row
        named = row.act.in_((bindparam("act"), bindparam("undone")))
        return select(row.act, func.count()).where(self.link == bindparam("matter_id"), named).group_by(row.act)

    # --- doing one --------------------------------------------------------------------------------------------------

    def do(self, db: Session, viewer: Viewer, number: str, name: str, given: Given = NOTHING, *,
           revision: int | None = None) -> M:  # fmt: skip
        """Do an act; the new row is written and the matter stands where it leads.

        Parameters
        ----------
        revision : int, optional
            The revision that the viewer saw; Stale when it is no longer so.

        Raises NotFound (also out of reach), Forbidden, ActNotAllowed, TooOften, Stale, InvalidInput, what guards say.
        """
        viewer.require(self.right)
        matter = self.locked(db, viewer, number, revision)
        act = self.open_act(matter, name)
        if viewer.role not in act.roles and viewer.role != "system":
            raise Forbidden("Your role may not do this step.")
        self.apply(db, viewer, matter, act, given)
        return matter

    def open_act(self, matter: M, name: str) -> Act:
        """An act that the matter's state allows; ActNotAllowed if it doesn't, InvalidInput if there is none."""
        act = self.kind.act(name)
        if act is None:
            raise InvalidInput("There is no step {name}.", name=name, field="act")
        if not self.kind.starts(act, matter.status):
            raise ActNotAllowed("This step can't be taken from where it stands now.")
        return act

    def apply(self, db: Session, viewer: Viewer, matter: M, act: Act, given: Given) -> MoveRow:
        """Do an act to a locked matter: checks its form and guards, not the role (the caller has)."""
        now = timing.now(db)
        given = given.read(act)
        situation = self.situation(matter, act, viewer, now, given)
        if (why_not := self.why_not(db, situation)) is not None:
            raise why_not
        before = matter.status
        to = self._leads_to(db, matter, act)
        if act.answers:
            tasks.answer(db, situation)
        if act.name in self.effects:
            self.effects[act.name](db, situation)
        with db.no_autoflush:  # matter, tasks and move are written together
            if to != before:
                tasks.withdraw(db, self.kind, matter.id, now, before=before, to=to)
                waking = self._waking(db, matter) if act.to == BACK else {}
                timing.enter(db, self.kind, matter, to, now)
                put_back(matter, waking)
            timing.set_wake(db, act, matter, given.answers)
            for task in act.opens:
                tasks.open_task(db, self.kind, situation, task)
        if act.opens:
            db.flush()  # what a database trigger makes of the move looks at its tasks
        return self._write(db, situation, before, given)

    def _leads_to(self, db: Session, matter: M, act: Act) -> str:
        if act.to == STAYS:
            return matter.status
        if act.to != BACK:
            return act.to
        came_from = self.came_from(db, matter)
        if came_from is None:
            raise ActNotAllowed("There is no state to go back to.")
        return came_from

    def came_from(self, db: Session, matter: M) -> str | None:
        """The state before the present one; None if there was none."""
        last = self._entered(db, matter)
        return None if last is None else last.from_status

    def _entered(self, db: Session, matter: M) -> MoveRow | None:
        """The move by which the matter came into its present state, going forward: going back to it is none."""
        row = self.move_row
        entered = self._moves_of(matter.id).where(row.to_status == matter.status, row.from_status != matter.status)
        back = [act.name for act in self.kind.acts if act.to == BACK]
        entered = entered.where(row.act.not_in(back), ~row.act.startswith(undone_name(""), autoescape=True))
        return db.scalars(entered.order_by(row.id.desc()).limit(1)).first()

    def _waking(self, db: Session, matter: M) -> dict[str, Any]:
        """When the matter was to go on by itself, in the state that it goes back to."""
        entered, row = self._entered(db, matter), self.move_row
        earlier = self._moves_of(matter.id).where(row.id < (entered.id if entered else 0))
        before = db.scalars(earlier.order_by(row.id.desc()).limit(1)).first()
        return {name: (before.facts if before else {}).get(name) for name in ("wake_at", "wake_act")}

    def _write(self, db: Session, situation: Situation[M], before: str | None, given: Given, *,
               begun: bool = False) -> MoveRow:  # fmt: skip
        matter, viewer = situation.matter, situation.viewer
        if not begun:
            matter.revision += 1
        row: MoveRow = self.move_row(
            act=situation.act.name, from_status=before, to_status=matter.status, at=given.at or situation.now,
            recorded_at=situation.now,
            account_id=viewer.account_id, actor=viewer.name, role=viewer.role, asker=given.asker, note=given.note,
            answers=dict(given.answers) | given.kept, facts=facts_of(matter, (*ENGINE_FACTS, *self.facts)),
            lon=given.lon, lat=given.lat, batch=given.batch,
        )  # fmt: skip
        setattr(row, self.link.key, matter.id)
        db.add(row)
        db.flush()
        if self.after is not None and not begun:
            self.after(db, situation, row)
        return row

    # --- the past ---------------------------------------------------------------------------------------------------

    def as_of(self, db: Session, matter_id: int, at: datetime) -> dict[str, Any] | None:
        """The matter's facts at a moment; None before its first move."""
        row = self.move_row
        held = self._moves_of(matter_id).where(row.at <= at).order_by(row.at.desc(), row.id.desc()).limit(1)
        last = db.scalars(held).first()
        return None if last is None else {"status": last.to_status} | last.facts

    def undo(self, db: Session, viewer: Viewer, matter: M) -> MoveRow:
        """Take the newest move of a locked matter back: a new row that puts the facts before it in force again.

        Only who made it, within ten minutes, where its act can be undone, and only while nothing came after it.
        """
        if (why_not := self.why_no_undo(db, viewer, matter.id)) is not None:
            raise why_not
        last, before = self._last_two(db, matter.id)
        now = timing.now(db)
        assert last is not None
        assert before is not None
        facts = facts_of(matter, self.facts)
        put_back(matter, before.facts)
        words = self.kind.act(last.act) or self.kind.states[matter.status]
        taken_back = Act(name=undone_name(last.act), zh=words.zh, en=words.en, start=(last.to_status,), to=STAYS)
        given = Given(batch=last.batch)
        situation = Situation(self.kind, taken_back, matter, viewer, now, given, facts)
        tasks.reopen_after_undo(db, self.kind.kind, matter.id, last.recorded_at, now)
        return self._write(db, situation, last.to_status, given)  # the row is last: what hears of it finds all done

    def why_no_undo(self, db: Session, viewer: Viewer, matter_id: int) -> CityError | None:
        """What keeps the newest move from being taken back by a viewer; None if nothing does."""
        last, before = self._last_two(db, matter_id)
        act = self.kind.act(last.act) if last else None
        if last is None or before is None or not before.facts or act is None or not act.undo:
            return CannotUndo("This step can't be taken back.")
        if last.account_id != viewer.account_id or timing.now(db) - last.recorded_at > UNDO_FOR:
            return CannotUndo("Only who took this step can take it back, within ten minutes.")
        guard = self.undo_guards.get(last.act)
        return None if guard is None else guard(db, matter_id)

    def _last_two(self, db: Session, matter_id: int) -> tuple[MoveRow | None, MoveRow | None]:
        found: Sequence[MoveRow] = db.scalars(
            self._moves_of(matter_id).order_by(self.move_row.id.desc()).limit(2)
        ).all()
        return (found[0] if found else None, found[1] if len(found) > 1 else None)


def undone_name(act: str) -> str:
    """What the move that takes an act back is called."""
    return f"undo_{act}"
