"""The database: `Base`, column types, the engine and `transaction()`.

One engine a process, set with `bind` at the edge (server, worker, command, test). Services take a
`Session`; they may flush and never commit.
"""

from __future__ import annotations

import enum
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Connection, DateTime, Engine, Enum, Identity, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

from gis.errors import Unavailable

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

PING_AFTER_S = 5.0

E = TypeVar("E", bound=enum.Enum)


class Base(DeclarativeBase):
    """Root of all models: naming conventions, aware timestamps, enums kept by value as text with a CHECK."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this very name from the class
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }


class HasId:
    """A surrogate key that bulk loads can draw from the database."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


def enum_text(kind: type[E]) -> Enum:
    """A text column that holds an enum's values, guarded by a CHECK."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=kind.__name__.lower(),
        values_callable=lambda members: [str(member.value) for member in members],
    )


class _Bound:
    """What `transaction()` opens sessions on."""

    bind: Engine | Connection | None = None


def make_engine(url: str, *, pool_size: int = 8, max_overflow: int = 4) -> Engine:
    """An engine on a PostgreSQL URL (``postgresql://…``): JIT off, statements prepared at their second run.

    Each run is planned for its own values (about a millisecond): a plan for any values can't use an index for
    ``LIKE 'prefix%'``, and expects few rows in any rectangle (2.4 s instead of 0.9 s for 94,000 cases in one tile).
    """
    url = url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        hide_parameters=True,  # bound values may be names and numbers of people: they stay out of errors and logs
        connect_args={
            "prepare_threshold": 1,
            "options": "-c jit=off -c timezone=UTC -c plan_cache_mode=force_custom_plan",
        },
    )
    _ping_where_needed(engine)
    return engine


def _ping_where_needed(engine: Engine) -> None:
    """Ask a connection whether it lives before it is used, where it was long idle or its server has spoken unasked.

    A server that goes says so on the socket. What `pool_pre_ping` asks each time costs a wait for each transaction.
    """
    used_at: WeakKeyDictionary[ConnectionPoolEntry, float] = WeakKeyDictionary()

    def note_use(_connection: object, entry: ConnectionPoolEntry) -> None:
        used_at[entry] = time.monotonic()

    def ask(connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        ears = select.poll()
        ears.register(connection.pgconn.socket, select.POLLIN)
        if time.monotonic() - used_at.get(entry, 0.0) < PING_AFTER_S and not ears.poll(0):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("The database has gone.") from error  # the pool opens another

    event.listen(engine, "checkin", note_use)
    event.listen(engine, "checkout", ask)


def bind(to: Engine | Connection | None) -> None:
    """Set what this process works on: an engine, or in tests one connection inside an outer transaction."""
    _Bound.bind = to


def bound() -> Engine | Connection:
    """The engine or connection this process works on; Unavailable when none is set."""
    if _Bound.bind is None:
        raise Unavailable("No database is set. Start the city with ./city up, or set DATABASE_URL.")
    return _Bound.bind


def on_commit(db: Session, act: Callable[[], None]) -> None:
    """Run `act` once the transaction of `db` is committed; never when it is rolled back."""
    db.info.setdefault("on_commit", []).append(act)


@contextmanager
def transaction() -> Iterator[Session]:
    """One session and one transaction: committed whole at the end, or not at all."""
    with Session(bound(), expire_on_commit=False, join_transaction_mode="create_savepoint") as db:
        with db.begin():
            yield db
        for act in db.info.pop("on_commit", []):
            act()


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads: each statement stands by itself, without the waits for a transaction's two ends.

    Its statements may see different moments, as those of a transaction under READ COMMITTED do.
    """
    with look() as connection, Session(connection) as db:
        yield db


@contextmanager
def look() -> Iterator[Connection]:
    """A connection for one statement that stands by itself: no session, and no waits for a transaction's two ends."""
    bind = bound()
    if isinstance(bind, Connection):
        yield bind
        return
    with bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
