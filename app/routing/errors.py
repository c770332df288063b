"""What can go wrong with routing rules."""

from __future__ import annotations

from gis.errors import Conflict, InvalidInput, NotFound


class RuleWrong(InvalidInput):
    """A rule can't be read, or names what is not there."""

    code = "routing.rule_wrong"


class NoDraft(NotFound):
    """There is no draft to change or activate."""

    code = "routing.no_draft"


class NoSuchVersion(NotFound):
    """There is no such version of the rules."""

    code = "routing.no_such_version"


class StaleDraft(Conflict):
    """Somebody else changed the draft meanwhile."""

    code = "routing.stale_draft"
