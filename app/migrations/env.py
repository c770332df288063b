"""Alembic's environment: runs on the connection that `app.launch.schema` hands over."""

from alembic import context

from gis.db import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
