"""Texts on their way through folium, which reads what it has rendered as a template once more.

A text that holds ``{{ … }}`` would be run there, and one that speaks of ``url(//…)`` would look like something fetched
from outside. So their signs travel as others and come back when the page is finished.
"""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")
SIGNS = {"{": "\ue07b", "//": "\ue02f\ue02f"}  # of the private use area: no text of a city holds them


def shut(value: T) -> T:
    """The same value with the signs in its texts exchanged, at any depth; keys of dicts are ours."""
    made: Any = value
    if isinstance(value, str):
        for sign, other in SIGNS.items():
            made = made.replace(sign, other)
    elif isinstance(value, dict):
        made = {key: shut(one) for key, one in value.items()}
    elif isinstance(value, list | tuple):
        made = type(value)(shut(one) for one in value)
    return made  # type: ignore[no-any-return]  # of the type that came in


def opened(page: str) -> str:
    """The finished page with the signs back, whether they stand in it as such or as JSON writes them."""
    for sign, other in SIGNS.items():
        page = page.replace(other, sign).replace("".join(f"\\u{ord(one):x}" for one in other), sign)
    return page
