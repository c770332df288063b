"""The database's schema: extensions and migrations."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text

from app.launch.cluster import EXTENSIONS
from app.settings import PROJECT
from gis.errors import Unavailable


def config() -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(PROJECT / "app" / "migrations"))
    return made


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the schema to a revision in one transaction; two at a time wait for each other."""
    chosen = config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(20261122)"))
        for extension in EXTENSIONS:
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        chosen.attributes["connection"] = connection
        try:
            command.upgrade(chosen, to)
        except CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            raise Unavailable(
                "This database was made by a newer version of CityGrid. Update the code, then run ./city up again."
            ) from error


def downgrade(engine: Engine, to: str) -> None:
    """Take the schema back to a revision."""
    chosen = config()
    with engine.begin() as connection:
        chosen.attributes["connection"] = connection
        command.downgrade(chosen, to)


def revision(engine: Engine) -> str | None:
    """The revision that a database is at; None before any."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def knows(asked: str) -> bool:
    """Whether this code has a revision."""
    return asked in {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
