"""Accounts: making, changing, locking, logging in. Every act leaves an audit entry."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import tries
from app.accounts.errors import Locked, NameTaken, NoAccount, OutOfReach, TooManyTries, WrongLogin
from app.accounts.manageable import are_within, manageable
from app.accounts.models import Account, AccountFacts, Role
from app.accounts.passwords import check_new, hash_password, is_right
from app.accounts.rights import rights_of
from app.audit.service import record
from app.live.message import ACCOUNTS
from app.live.service import announce
from gis.errors import Conflict, InvalidInput
from grid.reach import Viewer

NAME = re.compile(r"[\w.@-]{2,40}", re.UNICODE)


def viewer_of(account: AccountFacts) -> Viewer:
    """Who looks, as the rest of the platform knows them. Only a department's people are narrowed to its rows."""
    department = account.department if account.role is Role.DEPARTMENT else None
    return Viewer(
        account.id, account.name, account.role.value, tuple(account.areas), department, rights_of(account.role)
    )


def get(db: Session, account_id: int) -> Account:
    """An account by id; NoAccount."""
    account = db.get(Account, account_id)
    if account is None:
        raise NoAccount("There is no such account.")
    return account


def find(db: Session, name: str, *, lock: bool = False) -> Account | None:
    """An account by name, letters' case aside."""
    query = select(Account).where(func.lower(Account.name) == name.strip().lower())
    return db.scalar(query.with_for_update() if lock else query)


def need(db: Session, name: str) -> Account:
    """An account by name; NoAccount."""
    account = find(db, name)
    if account is None:
        raise NoAccount("There is no account named {name}.", name=name)
    return account


def managed(db: Session, viewer: Viewer, account_id: int) -> Account:
    """An account that the viewer manages: all of its areas lie within the viewer's. Forbidden, NoAccount."""
    viewer.require("accounts.manage")
    account = db.scalar(select(Account).where(Account.id == account_id, manageable(viewer)))
    if account is None:
        raise NoAccount("There is no such account.")
    return account


def list_managed(db: Session, viewer: Viewer) -> Sequence[Account]:
    """The accounts that the viewer manages, by name. Forbidden without the right."""
    viewer.require("accounts.manage")
    return db.scalars(select(Account).where(manageable(viewer)).order_by(func.lower(Account.name))).all()


def list_all(db: Session) -> Sequence[Account]:
    """All accounts, by name: for commands on the server itself."""
    return db.scalars(select(Account).order_by(func.lower(Account.name))).all()


def _require_reach(viewer: Viewer, areas: Sequence[str]) -> None:
    """Nobody gives away more of the city than they have."""
    if not are_within(viewer, areas):
        raise OutOfReach("You can give only areas that lie within your own.", field="areas")


def parse_role(given: str) -> Role:
    """A role by its stored name; InvalidInput lists the known ones."""
    try:
        return Role(given)
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise InvalidInput(
            "There is no role {given}. Known roles: {known}.", field="role", given=given, known=known
        ) from None


def create(
    db: Session,
    viewer: Viewer,
    *,
    name: str,
    role: Role,
    areas: Sequence[str],
    password: str,
    full_name: str = "",
    department: str | None = None,
    language: str | None = None,
) -> Account:
    """Make an account. InvalidInput, WeakPassword or NameTaken when it can't be."""
    viewer.require("accounts.manage")
    _require_reach(viewer, areas)
    name = name.strip()
    if not NAME.fullmatch(name):
        raise InvalidInput("A name has 2 to 40 letters, digits or . _ - @ and no spaces.", field="name")
    check_new(password, name)
    account = Account(
        name=name, role=role, areas=list(dict.fromkeys(areas)), password_hash=hash_password(password),
        full_name=full_name.strip(), department=department or None, language=language or None,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(account)
    except IntegrityError as error:
        raise NameTaken("There is already an account named {name}.", field="name", name=name) from error
    detail = {"name": name, "role": role.value, "areas": account.areas}
    record(db, viewer, act="accounts.create", subject="account", subject_id=account.id, detail=detail)
    return account


def change(
    db: Session,
    viewer: Viewer,
    account_id: int,
    *,
    role: Role,
    areas: Sequence[str],
    full_name: str,
    department: str | None,
) -> Account:
    """Change what an account may do and see; it holds from the account's next request on."""
    account = managed(db, viewer, account_id)
    _require_reach(viewer, areas)
    if account.role is Role.ADMINISTRATOR and role is not Role.ADMINISTRATOR:
        _keep_one_administrator(db, account)
    before = {"role": account.role.value, "areas": account.areas, "department": account.department}
    account.role, account.areas = role, list(dict.fromkeys(areas))
    account.full_name, account.department = full_name.strip(), department or None
    after = {"role": role.value, "areas": account.areas, "department": account.department}
    detail = {"before": before, "after": after}
    record(db, viewer, act="accounts.change", subject="account", subject_id=account.id, detail=detail)
    _tell(db, account)
    return account


def set_password(db: Session, viewer: Viewer, account: Account, password: str) -> None:
    """Set a new password; all of the account's sessions end. For oneself or for who manages accounts."""
    if viewer.account_id != account.id:
        managed(db, viewer, account.id)
    check_new(password, account.name)
    account.password_hash = hash_password(password)
    account.session_epoch += 1
    account.failed_logins, account.locked_until = 0, None
    record(db, viewer, act="accounts.password", subject="account", subject_id=account.id)
    _tell(db, account)


def change_own_password(db: Session, viewer: Viewer, present: str, wanted: str) -> Account:
    """Change one's own password, the present one given; InvalidInput names the field."""
    account = get(db, viewer.account_id or 0)
    if not is_right(account.password_hash, present):
        raise InvalidInput("That is not your present password.", field="present")
    if present == wanted:
        raise InvalidInput("The new password is the same as the present one.", field="password")
    set_password(db, viewer, account, wanted)
    return account


def set_active(db: Session, viewer: Viewer, account_id: int, is_active: bool) -> Account:
    """Lock an account (its sessions and tokens stop at once) or open it again."""
    account = managed(db, viewer, account_id)
    if not is_active:
        if account.id == viewer.account_id:
            raise Conflict("You can't lock your own account.")
        if account.role is Role.ADMINISTRATOR:
            _keep_one_administrator(db, account)
        account.session_epoch += 1
    account.is_active = is_active
    account.failed_logins, account.locked_until = 0, None
    act = "accounts.unlock" if is_active else "accounts.lock"
    record(db, viewer, act=act, subject="account", subject_id=account.id)
    _tell(db, account)
    return account


def _tell(db: Session, account: Account) -> None:
    """Open streams of the account end, so that none outlives its rights."""
    db.flush()
    announce(db, channel=ACCOUNTS, kind="changed", record_id=account.id, area_code="")


def _keep_one_administrator(db: Session, leaving: Account) -> None:
    others = select(func.count()).where(Account.role == Role.ADMINISTRATOR, Account.is_active, Account.id != leaving.id)
    if not db.scalar(others):
        raise Conflict("This is the last administrator: give another account that role first.")


def log_in(
    db: Session, name: str, password: str, *, address: str | None = None
) -> Account | WrongLogin | Locked | TooManyTries:
    """Check a login; the outcome is returned, not raised, so that counting a failure is committed.

    Unknown names, wrong passwords and locked accounts take equally long and are answered alike. After five failures
    the name rests for 15 minutes, doubled with each further one up to a day. A right password does not open a resting
    account. From an address with a hundred failures in 15 minutes no login is looked at.
    """
    now = datetime.now(UTC)
    if tries.is_tired(db, address, now):
        return TooManyTries("Too many logins failed from your address. Try again in some minutes.")
    account = find(db, name, lock=True)
    fits = is_right(account.password_hash if account else None, password)
    wrong = WrongLogin("Name or password is wrong.")
    if account is None:
        return _nobody(db, name, now) or wrong
    who = viewer_of(account)
    if account.locked_until and account.locked_until > now:
        record(db, who, act="login.failed", subject="account", subject_id=account.id, detail={"reason": "resting"})
        return _resting(account.locked_until, now)
    if not fits or not account.is_active:
        _count_failure(account, now)
        reason = "locked" if fits else "password"
        record(db, who, act="login.failed", subject="account", subject_id=account.id, detail={"reason": reason})
        return wrong
    account.failed_logins, account.locked_until, account.last_login_at = 0, None, now
    record(db, who, act="login", subject="account", subject_id=account.id)
    return account


def _nobody(db: Session, name: str, now: datetime) -> Locked | None:
    """Record a login under a name that nobody has; it rests as an account would."""
    until = tries.nobody_rests_until(db, name)
    is_resting = until is not None and until > now
    tries.record_nobody(db, name, "resting" if is_resting else "unknown")
    return _resting(until, now) if until is not None and is_resting else None


def _resting(until: datetime, now: datetime) -> Locked:
    minutes = -(-(until - now) // timedelta(minutes=1))
    return Locked("Too many wrong passwords. Try again in {minutes} minutes.", minutes=minutes)


def _count_failure(account: Account, now: datetime) -> None:
    account.failed_logins += 1
    rest = tries.rest_after(account.failed_logins)
    if rest is not None:
        account.locked_until = now + rest


def names_of_people(db: Session, viewer: Viewer, ids: Collection[int]) -> dict[int, str]:
    """Names by account, for who may see the figures of people; others are told their own name only."""
    chosen = select(Account.id, Account.full_name, Account.name).where(Account.id.in_(ids))
    if not viewer.may("evaluation.people"):
        chosen = chosen.where(Account.id == viewer.account_id)
    return {key: full_name or name for key, full_name, name in db.execute(chosen)}


def names_of(db: Session, account_ids: Collection[int]) -> dict[int, str]:
    """What people are called, by account."""
    found = select(Account.id, Account.name, Account.full_name).where(Account.id.in_(account_ids))
    return {row.id: row.full_name or row.name for row in db.execute(found)}
