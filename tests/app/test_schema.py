"""The schema goes up from nothing and down again, and the models say what the migrations make."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Engine, text

import app
from app.launch import schema
from app.launch.cluster import Cluster
from gis import db as database
from tests.conftest import copy_database


def test_migrations_make_exactly_what_the_models_say(engine: Engine) -> None:
    app.import_models()
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": alembic_helpers.include_object, "compare_type": False}
        )
        known = set(database.Base.metadata.tables)
        differences = [d for d in compare_metadata(context, database.Base.metadata) if not _is_foreign(d, known)]
    assert differences == []


def _is_foreign(difference: object, known: set[str]) -> bool:
    """Tables of the queue library have no models here."""
    if not isinstance(difference, tuple):
        return False
    thing = difference[1]
    table = getattr(thing, "table", thing)
    return str(difference[0]).startswith("remove_") and getattr(table, "name", "") not in known


def test_migrations_go_down_to_nothing_and_up_again(cluster: Cluster, template_url: str) -> None:
    made = database.make_engine(copy_database(cluster, "city_updown"))
    try:
        schema.downgrade(made, "base")
        with made.connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM pg_tables WHERE tablename = 'areas'")).scalar_one()
        assert left == 0
        schema.upgrade(made)
    finally:
        made.dispose()
