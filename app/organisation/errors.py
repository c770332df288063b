"""What can go wrong with the organisation."""

from __future__ import annotations

from gis.errors import Conflict, InvalidInput, NotFound


class NoSuchThing(NotFound):
    """There is no department, team or post of this code."""

    code = "organisation.not_there"


class CodeTaken(Conflict):
    """There is one of this code already."""

    code = "organisation.code_taken"


class Circle(InvalidInput):
    """A department would stand above itself."""

    code = "organisation.circle"


class Unknown(InvalidInput):
    """Something that is named does not exist, or can't be used here."""

    code = "organisation.unknown"


class BadFile(InvalidInput):
    """A file that can't be taken, with the line that is wrong."""

    code = "organisation.bad_file"
