"""Records touch their cell, cells keep their shape, persons have a residence, cases name a component that exists."""

import sqlalchemy as sa
from alembic import op

from app.migrations.helpers import guard_located, read_sql, unguard_located

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(read_sql("0010_guards.sql"))
    guard_located("addresses")
    op.create_foreign_key(op.f("fk_cases_component_id"), "cases", "components", ["component_id"], ["id"])
    op.create_index(
        "ix_cases_component_id",
        "cases",
        ["component_id"],
        unique=False,
        postgresql_where=sa.text("component_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_cases_component_id", table_name="cases", postgresql_where=sa.text("component_id IS NOT NULL"))
    op.drop_constraint(op.f("fk_cases_component_id"), "cases", type_="foreignkey")
    unguard_located("addresses")
    op.execute(read_sql("0010_guards_down.sql"))
