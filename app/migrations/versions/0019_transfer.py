"""Transfer of cases to and from other systems; the state of a case that another system has."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import seal

revision = "0019"
down_revision = "0020"

STATES = (
    "reported", "verifying", "filed", "handling", "checking", "closed", "refused", "suspended", "void", "merged",
)  # fmt: skip
TABLES = (
    "transfer_reconciliations", "transfer_files", "transfer_inbox", "transfer_outbox", "transfers",
    "transfer_mappings", "transfer_partners",
)  # fmt: skip


def upgrade() -> None:
    _states((*STATES, "transferred"))
    op.create_table(
        "transfer_partners",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "hotline", "police", "other", name="partnerkind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("contact_limit", sa.String(), server_default="1 work_day", nullable=False),
        sa.Column("reply_limit", sa.String(), server_default="5 work_day", nullable=False),
        sa.Column("complex_limit", sa.String(), server_default="15 work_day", nullable=False),
        sa.Column("takes_at_once", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("per_minute", sa.Integer(), server_default="600", nullable=False),
        sa.Column("minute_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skew_s", sa.Integer(), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_transfer_partners_per_minute")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_partners")),
        sa.UniqueConstraint("code", name=op.f("uq_transfer_partners_code")),
    )
    op.create_table(
        "transfer_mappings",
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("classes", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("fields", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["transfer_partners.id"], name=op.f("fk_transfer_mappings_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_mappings")),
        sa.UniqueConstraint("partner_id", "version", name="uq_transfer_mappings_partner_id_version"),
    )
    op.create_table(
        "transfers",
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("mapping_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("out", "in", name="direction", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "offered",
                "accepted",
                "refused",
                "recalled",
                "handed_back",
                name="transferstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="offered",
            nullable=False,
        ),
        sa.Column(
            "holder",
            sa.Enum("us", "them", "nobody", name="holder", native_enum=False, create_constraint=True, length=32),
            server_default="nobody",
            nullable=False,
        ),
        sa.Column("their_id", sa.String(), nullable=True),
        sa.Column("case_state", sa.String(), server_default="reported", nullable=False),
        sa.Column("result", sa.String(), server_default="", nullable=False),
        sa.Column("origin_system", sa.String(), nullable=False),
        sa.Column("origin_id", sa.String(), nullable=False),
        sa.Column("chain", postgresql.JSONB(), nullable=False),
        sa.Column("offer", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("class_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("recall_reason", sa.String(), nullable=True),
        sa.Column("sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("contact_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_transfers_case_id")),
        sa.ForeignKeyConstraint(["class_id"], ["case_classes.id"], name=op.f("fk_transfers_class_id")),
        sa.ForeignKeyConstraint(["mapping_id"], ["transfer_mappings.id"], name=op.f("fk_transfers_mapping_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["transfer_partners.id"], name=op.f("fk_transfers_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("partner_id", "key", name="uq_transfers_partner_id_key"),
    )
    op.create_index("ix_transfers_case_id", "transfers", ["case_id"], unique=False)
    op.create_index(
        "ix_transfers_live",
        "transfers",
        ["partner_id", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_transfers_origin", "transfers", ["origin_system", "origin_id"], unique=False)
    op.create_index(
        "uq_transfers_elsewhere",
        "transfers",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("holder <> 'us' AND ended_at IS NULL"),
    )
    op.create_table(
        "transfer_outbox",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tried", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_outbox_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_transfer_outbox_message_id")),
        sa.UniqueConstraint("transfer_id", "seq", name="uq_transfer_outbox_transfer_id_seq"),
    )
    op.create_index(
        "ix_transfer_outbox_waiting",
        "transfer_outbox",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    # ### end Alembic commands ###
    op.create_table(
        "transfer_inbox",
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("transfer_key", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["transfer_partners.id"], name=op.f("fk_transfer_inbox_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_inbox")),
        sa.UniqueConstraint("partner_id", "message_id", name="uq_transfer_inbox_partner_id_message_id"),
        sa.UniqueConstraint("partner_id", "transfer_key", "seq", name="uq_transfer_inbox_partner_id_transfer_key_seq"),
    )
    op.create_index(
        "ix_transfer_inbox_waiting",
        "transfer_inbox",
        ["partner_id", "transfer_key"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "transfer_files",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("out", "in", name="direction", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), server_default="report", nullable=False),
        sa.Column("photo_key", sa.String(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tried", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_files_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_files")),
        sa.UniqueConstraint("transfer_id", "sha256", name="uq_transfer_files_transfer_id_sha256"),
    )
    op.create_index("ix_transfer_files_sha256", "transfer_files", ["sha256"], unique=False)
    op.create_index(
        "ix_transfer_files_waiting",
        "transfer_files",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("photo_key IS NULL"),
    )
    op.create_table(
        "transfer_reconciliations",
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ours", sa.Integer(), server_default="0", nullable=False),
        sa.Column("theirs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("differences", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["transfer_partners.id"], name=op.f("fk_transfer_reconciliations_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_reconciliations")),
    )
    op.create_index(
        "ix_transfer_reconciliations_partner_id", "transfer_reconciliations", ["partner_id", "id"], unique=False
    )
    seal("transfer_mappings")


def downgrade() -> None:
    """A case that another system has goes back to where it was before."""
    op.execute(
        "UPDATE cases c SET status = coalesce((SELECT m.from_status FROM case_moves m WHERE m.case_id = c.id AND "
        "m.to_status = 'transferred' AND m.from_status <> 'transferred' ORDER BY m.id DESC LIMIT 1), 'reported') "
        "WHERE c.status = 'transferred'"
    )
    for table in TABLES:
        op.drop_table(table)
    _states(STATES)


def _states(names: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{name}'" for name in names)
    op.execute("ALTER TABLE cases DROP CONSTRAINT ck_cases_casestatus")
    op.execute(f"ALTER TABLE cases ADD CONSTRAINT ck_cases_casestatus CHECK (status IN ({allowed}))")
