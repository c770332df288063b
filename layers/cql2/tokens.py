"""The words of CQL2 text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from layers.cql2.errors import FilterWrong

PATTERN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>'(?:''|\\'|[^'])*')
    |(?P<quoted>"(?:""|[^"])*")
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<sign><>|<=|>=|[=<>(),+\-*/%^])""",
    re.VERBOSE,
)
NAME = re.compile(r"[^\W\d][\w.:$]*")


@dataclass(frozen=True)
class Token:
    """A word with its kind (text, quoted, number, name, sign, end) and where it begins."""

    kind: str
    value: str
    at: int

    @property
    def word(self) -> str:
        """A name in capitals, for words that the language reserves; nothing for anything else."""
        return self.value.upper() if self.kind == "name" else ""


def tokens(text: str) -> list[Token]:
    """All words, and one that ends them; FilterWrong names where reading stopped."""
    return [*_read(text), Token("end", "", len(text))]


def _read(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        name = NAME.match(text, at)
        if name is not None:
            yield Token("name", name.group(), at)
            at = name.end()
            continue
        found = PATTERN.match(text, at)
        if found is None or found.lastgroup is None:
            raise FilterWrong("The filter can't be read from {here} on.", here=text[at : at + 20])
        if found.lastgroup != "space":
            yield Token(found.lastgroup, _plain(found.lastgroup, found.group()), at)
        at = found.end()


def _plain(kind: str, value: str) -> str:
    if kind == "text":
        return value[1:-1].replace("''", "'").replace("\\'", "'")
    return value[1:-1].replace('""', '"') if kind == "quoted" else value
