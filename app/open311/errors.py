"""What can go wrong with a call, and the statuses that GeoReport v2 knows: 400, 403, 404, and 429 for too many."""

from __future__ import annotations

from collections.abc import Sequence

from gis.errors import CityError, Forbidden, InvalidInput, NotFound, Unavailable


class BadKey(Forbidden):
    """The api_key is missing, unknown or ended."""

    code = "open311.bad_key"


class TooMany(CityError):
    """The application has sent as many reports this minute as it may."""

    code = "open311.too_many"

    def __init__(self, message: str, *, retry_after_s: int, **places: object) -> None:
        super().__init__(message, field=None, **places)
        self.retry_after_s = retry_after_s


class Missing(InvalidInput):
    """A required argument was not given."""

    code = "open311.missing"


class BadArgument(InvalidInput):
    """An argument can't be read or taken."""

    code = "open311.bad_argument"


class NoService(NotFound):
    """No service has the code."""

    code = "open311.no_service"


class NoRequest(NotFound):
    """No service request has the id."""

    code = "open311.no_request"


class NoToken(NotFound):
    """No report was given the token."""

    code = "open311.no_token"


class NoJurisdiction(NotFound):
    """This server speaks for another jurisdiction."""

    code = "open311.no_jurisdiction"


class KeyReused(InvalidInput):
    """The Idempotency-Key came with another report before."""

    code = "idempotency.key_reused"


class Several(InvalidInput):
    """More than one thing is wrong: all of them are told at once."""

    code = "open311.several"

    def __init__(self, errors: Sequence[CityError]) -> None:
        super().__init__("Several arguments are wrong.")
        self.errors = tuple(errors)


STATUS: tuple[tuple[type[CityError], int], ...] = (
    (TooMany, 429),
    (Forbidden, 403),
    (NotFound, 404),
    (Unavailable, 503),
    (CityError, 400),
)


def status_of(error: CityError) -> int:
    """The HTTP status of an error."""
    return next(status for family, status in STATUS if isinstance(error, family))


def raise_all(errors: Sequence[CityError]) -> None:
    """Raise what went wrong: nothing, the one error, or all of them together."""
    if errors:
        raise errors[0] if len(errors) == 1 else Several(errors)
