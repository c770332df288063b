"""Numbers of residents, sealed with the keys in ``CITY_HOME/keys/residents`` (see `app.sealing.vault`)."""

from __future__ import annotations

from collections.abc import Sequence

from app.sealing.vault import Vault
from app.sealing.vault import vault as vault_of
from grid.codes import normalise

REGISTER = "residents"


def vault() -> Vault:
    """The residents' vault of this process."""
    return vault_of(REGISTER)


def seal_number(number: str) -> tuple[bytes, bytes]:
    """Sealed value and blind index of one citizen number, whatever way it was written."""
    kept, plain = vault(), normalise(number)
    return kept.seal(plain, "number"), kept.index(plain, "number")


def seal_numbers(numbers: Sequence[str]) -> tuple[list[bytes], list[bytes]]:
    """Sealed values and blind indexes of many, for bulk loads."""
    kept, plain = vault(), [normalise(number) for number in numbers]
    return [kept.seal(one, "number") for one in plain], [kept.index(one, "number") for one in plain]
