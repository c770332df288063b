"""The declared kind of matter that a grid case is."""

from __future__ import annotations

from app.accounts.rights import ROLES
from app.cases.guards import GUARDS
from app.settings import PROJECT
from app.workflow.kinds import read_kind

KIND = read_kind(PROJECT / "data" / "workflows" / "grid-case.toml")
PUBLIC = "public"  # who reported, without an account: may ask for a step, and do none
KIND.check(guards=GUARDS, roles=[*(role.value for role in ROLES), PUBLIC])
