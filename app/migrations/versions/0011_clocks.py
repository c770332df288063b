"""Work calendars and their days, by version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import seal

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "work_calendars",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("spans", postgresql.JSONB(), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.INTEGER()), nullable=False),
        sa.Column("day_minutes", sa.Integer(), nullable=False),
        sa.Column("years", postgresql.ARRAY(sa.INTEGER()), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_work_calendars_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_calendars")),
        sa.UniqueConstraint("name", "version", name="uq_work_calendars_name_version"),
    )
    op.create_table(
        "work_calendar_days",
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "holiday",
                "make_up_working_day",
                name="daykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["work_calendars.id"], name=op.f("fk_work_calendar_days_calendar_id")),
        sa.PrimaryKeyConstraint("calendar_id", "on", name=op.f("pk_work_calendar_days")),
    )
    seal("work_calendars")
    seal("work_calendar_days")


def downgrade() -> None:
    op.drop_table("work_calendar_days")
    op.drop_table("work_calendars")
