"""Opening the city for a command: settings read, the running database bound."""

from __future__ import annotations

import os

from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.launch import schema
from app.launch.cluster import Cluster
from app.settings import Settings, read_settings
from gis import db as database
from gis.errors import InvalidInput, Unavailable


def open_city(settings: Settings | None = None, *, of_any_version: bool = False) -> Settings:
    """Bind the engine of the running city; gives its settings with `database_url` set.

    Raises Unavailable if the database does not answer, or was made by another version of the programs (unless
    `of_any_version`).
    """
    settings = settings or read_settings()
    url = settings.database_url or cluster_url(settings)
    engine = database.make_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (OperationalError, ProgrammingError) as error:  # the second for an option that libpq does not know
        engine.dispose()
        if settings.database_url:
            raise Unavailable("The database of DATABASE_URL does not answer: {reason}", reason=error.orig) from error
        raise Unavailable("The city in {home} is not running. Start it with ./city up.", home=settings.home) from error
    made_by = None if of_any_version else schema.revision(engine)
    if made_by is not None and made_by != schema.head():
        engine.dispose()
        raise Unavailable(
            "The city's database is of another version ({made_by}) than these programs: run ./city up.",
            made_by=made_by,
        )
    database.bind(engine)
    return settings.model_copy(update={"database_url": url})


def cluster_url(settings: Settings) -> str:
    """The private cluster's URL; Unavailable where none was made yet."""
    cluster = Cluster.at(settings.home)
    if not cluster.secret_file.exists():
        raise Unavailable("There is no city in {home} yet. Make one with ./city up.", home=settings.home)
    return cluster.url()


def libpq_url(url: str) -> str:
    """A URL as libpq reads it, without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def connection_environment(url: str) -> dict[str, str]:
    """This process's environment with libpq's variables for a URL, so that no password stands on a command line."""
    options = Conninfo.get_defaults()  # libpq's own table
    names = {option.keyword.decode(): option.envvar.decode() for option in options if option.envvar}
    given = conninfo_to_dict(libpq_url(url))
    unknown = set(given) - set(names)
    if unknown:
        raise InvalidInput(
            "DATABASE_URL has parts that psql and pg_dump can't be told: {names}", names=", ".join(sorted(unknown))
        )
    return {**os.environ, **{names[name]: str(value) for name, value in given.items()}}
