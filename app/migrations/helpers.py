"""What migrations share: versioned SQL files, guards for located tables, seals for append-only ones."""

from __future__ import annotations

from pathlib import Path

from alembic import op


def read_sql(name: str) -> str:
    """The text of a versioned SQL file, colons escaped for SQLAlchemy."""
    return (Path(__file__).parent / "sql" / name).read_text().replace(":", r"\:")


def guard_located(table: str) -> None:
    """No row of this table can stand where its cell is not, whoever writes it."""
    op.execute(
        f"CREATE TRIGGER located_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS written "
        "FOR EACH STATEMENT EXECUTE FUNCTION grid_refuse_misplaced()"
    )
    op.execute(
        f"CREATE TRIGGER located_update AFTER UPDATE OF geom, unit_cell_id, area_code ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION grid_refuse_misplaced_row()"
    )
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_geom_valid CHECK (NOT ST_IsEmpty(geom) AND ST_IsValid(geom))"
    )


def unguard_located(table: str) -> None:
    """Take `guard_located` back."""
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_geom_valid")
    op.execute(f"DROP TRIGGER located_update ON {table}")
    op.execute(f"DROP TRIGGER located_insert ON {table}")


def seal(table: str) -> None:
    """Rows of this table are added and never changed or deleted."""
    op.execute(
        f"CREATE TRIGGER sealed BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
