"""What can be wrong with a recipe, and go wrong with a run."""

from __future__ import annotations

from gis.errors import CityError, Conflict, Forbidden, InvalidInput


class BadChain(InvalidInput):
    """The steps don't fit together."""

    code = "planning.bad_chain"


class WrongShape(InvalidInput):
    """An operation needs points, lines or areas and was given something else."""

    code = "planning.wrong_shape"


class NoField(InvalidInput):
    """A step names a field that is not there, or holds no numbers."""

    code = "planning.no_field"


class TooCostly(InvalidInput):
    """A run would take longer or make more than one may ask for."""

    code = "planning.too_costly"


class PeopleShielded(Forbidden):
    """A layer of people is counts only: no step may work on its rows."""

    code = "planning.people_shielded"


class SumsDiffer(Conflict):
    """The parts of a result don't add up to what went in; nothing was kept."""

    code = "planning.sums_differ"


class NoRoads(InvalidInput):
    """There is no network of roads to go along."""

    code = "planning.no_roads"


class NotRunning(Conflict):
    """A run that is over can't be cancelled, and one that isn't can't be asked for again."""

    code = "planning.run_state"


class RecipeTaken(Conflict):
    """A recipe of this name is there already."""

    code = "planning.name_taken"


class Cancelled(CityError):
    """Someone stopped the run."""

    code = "planning.cancelled"
