"""A log of what writes touched, so that tiles can be kept and none is ever stale."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0032"
down_revision = "0031"

PLACED = (
    "cases",
    "events",
    "components",
    "facilities",
    "grounds",
    "roads",
    "buildings",
    "areas",
    "unit_cells",
    "addresses",
)
WHOLE = {  # whose rows have no place: what is touched by any of their writes
    "case_classes": "case_classes",
    "catalogue_schemes": "case_classes",
    "emergency_classes": "emergency_classes",
    "duty_cells": "duty_cells",
    "duty_cell_units": "duty_cells",
    "accounts": "accounts",
    "api_tokens": "accounts",
}
EVENTS = {
    "INSERT": ("inserted", "NEW TABLE AS changed"), "DELETE": ("deleted", "OLD TABLE AS changed"),
    "UPDATE": ("updated", "OLD TABLE AS gone NEW TABLE AS changed"),
}  # fmt: skip
SEEN = "layer_id, title, owner_id, audience, geometry, columns, about, origin"


def upgrade() -> None:
    op.execute(read_sql("0032_touches.sql"))
    for table in PLACED:
        for event, (how, rows) in EVENTS.items():
            function = "touch_updated" if event == "UPDATE" else "touch_changed"
            op.execute(
                f"CREATE TRIGGER touch_{how} AFTER {event} ON {table} REFERENCING {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {function}('{table}')"
            )
        op.execute(
            f"CREATE TRIGGER touch_emptied AFTER TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION touch_all('{table}')"
        )
    for table, name in WHOLE.items():
        op.execute(
            f"CREATE TRIGGER touch_all AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION touch_all('{name}')"
        )
    op.execute(
        f"CREATE TRIGGER touch_all AFTER INSERT OR DELETE OR UPDATE OF {SEEN} ON datasets "
        "FOR EACH STATEMENT EXECUTE FUNCTION touch_all('datasets')"
    )


def downgrade() -> None:
    for table in PLACED:
        for how in ("inserted", "deleted", "updated", "emptied"):
            op.execute(f"DROP TRIGGER touch_{how} ON {table}")
    for table in (*WHOLE, "datasets"):
        op.execute(f"DROP TRIGGER touch_all ON {table}")
    op.execute("DROP FUNCTION touch_all(), touch_changed(), touch_updated(), forget_touches()")
    op.execute("DROP TABLE tile_touch_marks")
    op.execute("DROP TABLE tile_touches")
