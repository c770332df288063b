"""Every text that a person may read has its Chinese words, with the same places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from app.web.assembly import DOMAINS
from app.web.i18n import catalogue_files, merged_catalogue
from gis.errors import CityError

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = {
    "_": None, "_l": None, "_words": None,
    "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "lazy_ngettext": (1, 2),
}  # fmt: skip
SCRIPT = {"t": None, "tn": (1, 2)}
NESTED = re.compile(r'(?<![\w.])t\(\s*"((?:[^"\\]|\\.)*)"')
PLACES = re.compile(r"\{(\w+)\}|%\((\w+)\)[sd]")
COMMAND_LINE = ("app/launch/", "app/cities/")  # spoken by ./city only, which is in English

Message = str | tuple[str, ...]


def of_files(
    pattern: str, method: str, keywords: dict[str, tuple[int, ...] | None], *roots: str
) -> Iterator[tuple[str, Message]]:
    """(file, text) of every marked text below the roots."""
    options = {"trimmed": "true", "silent": "false"} if method == "jinja2" else {}
    for root in roots:
        for file in sorted((PROJECT / root).rglob(pattern)):
            for _line, text, _, _ in extract_from_file(method, str(file), keywords=keywords, options=options):
                yield str(file.relative_to(PROJECT)), text


def of_nested() -> Iterator[tuple[str, Message]]:
    """(file, text) of texts within another call or a template, which the extraction from scripts passes over."""
    for file in sorted((PROJECT / "static/js").rglob("*.js")):
        lines = (line for line in file.read_text().splitlines() if not line.lstrip().startswith(("*", "//", "/**")))
        for text in NESTED.findall("\n".join(lines)):
            yield str(file.relative_to(PROJECT)), text


def error_names() -> set[str]:
    """Every error class of ours, by name."""
    for domain in DOMAINS:
        import_module(f"app.{domain}.setup")
    found, waiting = set(), [CityError]
    while waiting:
        one = waiting.pop()
        found.add(one.__name__)
        waiting.extend(one.__subclasses__())
    return found


def of_errors() -> Iterator[tuple[str, Message]]:
    """(file, text) of every error that is made with a text."""
    names = error_names()
    for floor in ("gis", "grid", "layers", "app"):
        for file in sorted((PROJECT / floor).rglob("*.py")):
            where = str(file.relative_to(PROJECT))
            if where.startswith(COMMAND_LINE) or file.name == "commands.py":
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in names:
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield where, first.value


def all_texts() -> list[tuple[str, Message]]:
    return [
        *of_files("*.py", "python", PYTHON, "gis", "grid", "layers", "app"),
        *of_files("*.html", "jinja2", PYTHON, "app"),
        *of_files("*.js", "javascript", SCRIPT, "static/js"),
        *of_nested(),
        *of_errors(),
    ]


@pytest.fixture(scope="module")
def words() -> Catalog:
    return merged_catalogue(tuple(catalogue_files()))


def test_every_text_has_chinese_words(words: Catalog) -> None:
    missing = {(where, text) for where, text in all_texts() if text and text not in words}
    assert sorted(f"{where}: {text}" for where, text in missing) == []


def test_scripts_and_errors_name_texts_of_one_form(words: Catalog) -> None:
    """A plural text and a plain one can't share their English: gettext keeps one of the two."""
    plural = {text[0] for _, text in all_texts() if isinstance(text, tuple)}
    plain = {text for _, text in all_texts() if isinstance(text, str)}
    assert plural & plain == set()


def _places(text: str) -> set[str]:
    return {brace or percent for brace, percent in PLACES.findall(text)}


@pytest.mark.parametrize("file", catalogue_files(), ids=lambda file: file.parts[-5])
def test_chinese_words_have_the_same_places(file: Path) -> None:
    with file.open("rb") as stream:
        catalogue = read_po(stream, locale="zh", abort_invalid=True)
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        english = message.id if isinstance(message.id, str) else " ".join(message.id)
        chinese = message.string if isinstance(message.string, str) else " ".join(message.string or ())
        if not chinese or not _places(chinese) <= _places(english):
            wrong.append(english)
    assert wrong == []


def test_two_slices_agree_on_the_words_for_one_text() -> None:
    said: dict[Message, tuple[str, object]] = {}
    differ = []
    for file in catalogue_files():
        slice_name = file.parts[-5]
        with file.open("rb") as stream:
            for message in read_po(stream, locale="zh"):
                if not message.id:
                    continue
                key = tuple(message.id) if isinstance(message.id, list | tuple) else message.id
                before = said.setdefault(key, (slice_name, message.string))
                if before[1] != message.string:
                    differ.append(f"{key}: {before[0]} {before[1]} / {slice_name} {message.string}")
    assert differ == []
