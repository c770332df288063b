"""What can be wrong with a scenario."""

from __future__ import annotations

from gis.errors import CityError, Conflict, InvalidInput


class BadChange(InvalidInput):
    """A change names something that is not there, or a place where it can't be."""

    code = "scenarios.bad_change"


class NoWays(InvalidInput):
    """The city has no roads to go along."""

    code = "scenarios.no_roads"


class RunState(Conflict):
    """A run that is over can't be stopped, and one that isn't can't be asked for again."""

    code = "scenarios.run_state"


class NotComparable(InvalidInput):
    """Two to four scenarios with a result each can be compared."""

    code = "scenarios.not_comparable"


class Stopped(CityError):
    """Someone stopped the run."""

    code = "scenarios.cancelled"


class ScenarioFailed(CityError):
    """A run on the command line did not come to its end."""

    code = "scenarios.run_failed"
