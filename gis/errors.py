"""The error families of the platform. Code raises what happened; only `app.errors` knows HTTP."""

from __future__ import annotations


class CityError(Exception):
    """Something that a person can be told about.

    Parameters
    ----------
    message : str
        English, with ``{name}`` places; it is the key under which translations stand. No personal data.
    field : str, optional
        The input field that is at fault.
    **places
        Values for the named places.
    """

    code = "error"

    def __init__(self, message: str, *, field: str | None = None, **places: object) -> None:
        self.template = message
        self.places = places
        self.field = field
        super().__init__(message.format(**places) if places else message)


class InvalidInput(CityError):
    """What was given can't be taken: it says which field and why."""

    code = "invalid_input"


class Forbidden(CityError):
    """The viewer may not do or see this."""

    code = "forbidden"


class NotFound(CityError):
    """There is no such thing, or not for this viewer."""

    code = "not_found"


class Conflict(CityError):
    """The present state does not allow it; reading again may help."""

    code = "conflict"


class Unavailable(CityError):
    """A part that is needed does not answer now."""

    code = "unavailable"
