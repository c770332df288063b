"""Recipes: chains of overlay steps, and their runs with figures."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute(read_sql("0030_recipes.sql"))


def downgrade() -> None:
    op.drop_table("recipe_runs")
    op.drop_table("recipes")
