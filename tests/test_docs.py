"""Documents: links lead somewhere, each role has its guide in both languages, words are those of the screens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from app.accounts.models import Role
from app.accounts.rights import ROLE_NAMES
from app.cases.kind import KIND
from app.web.i18n import catalogue_files, merged_catalogue
from app.web.navigation import LEVELS, RAIL

PROJECT = Path(__file__).resolve().parent.parent
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("data/**/*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
GUIDES = PROJECT / "docs" / "guide"


def anchors(page: Path) -> set[str]:
    """The headings of a page, as addresses name them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links(page: Path) -> list[str]:
    """The addresses that a page names, outside of code."""
    return LINK.findall(re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_of_a_document_leads_somewhere(page: Path) -> None:
    dead = []
    for link in links(page):
        address, _, anchor = link.partition("#")
        if address.startswith(("http://", "https://", "mailto:")):
            continue
        target = (page.parent / address).resolve() if address else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_picture_of_the_guides_is_shown_somewhere() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    assert sorted(picture.name for picture in (GUIDES / "img").iterdir() if picture not in shown) == []


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_role_has_a_guide_with_a_picture_in_both_languages(role: Role, language: str) -> None:
    page = GUIDES / f"{role.value}{'' if language == 'en' else '.zh'}.md"
    pictures = [link for link in links(page) if link.endswith(".png")]
    assert pictures
    assert all(f".{language}." in picture for picture in pictures)
    named = {"en": ROLE_NAMES[role], "zh": chinese(str(ROLE_NAMES[role]))}[language]
    assert page.read_text().splitlines()[0] == f"# {named}"


def test_decisions_are_numbered_without_a_gap_and_say_choice_and_price() -> None:
    pages = sorted((PROJECT / "docs" / "adr").glob("*.md"))
    for number, page in enumerate(pages, 1):
        told = page.read_text()
        assert page.name.startswith(f"{number:04}-")
        assert told.startswith(f"# {number}. ")
        assert "**Choice.**" in told, page.name
        assert "**Price.**" in told, page.name


# Words

CATALOGUE: Catalog = merged_catalogue(tuple(catalogue_files()))


def first(text: str | tuple[str, ...]) -> str:
    """A text, of one with plurals the singular."""
    return text if isinstance(text, str) else text[0]


TEXTS = sorted(first(message.id) for message in CATALOGUE if message.id)


def chinese(word: str) -> str:
    """The screens' Chinese for an English text."""
    return first(CATALOGUE[word].string)


def glossary() -> dict[str, set[str]]:
    """The glossary's terms: English in lower case → the Chinese words that it allows."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", (PROJECT / "docs" / "glossary.md").read_text(), re.MULTILINE)[1:]
    terms = {}
    for english, told in rows:
        words = re.split("[、（）/]", told)
        names = english.split(", ")
        for index, name in enumerate(names):
            terms[name.strip()] = {words[index]} if len(names) == len(words) > 1 else {word for word in words if word}
    return terms


# Words that are also something else on a screen: an event's shape, shutting a dialog, a short name in the rail, a
# property of a layer.
TWOFOLD = {"area", "close", "file", "check", "field"}


def test_words_of_the_glossary_are_those_of_the_screens() -> None:
    screens = {text.lower(): chinese(text) for text in TEXTS}
    other = {
        f"{term}: {screens[form]}, not {' or '.join(sorted(words))}"
        for term, words in glossary().items()
        if term not in TWOFOLD
        for form in (term, f"{term}s")
        if form in screens and not any(word in screens[form] or screens[form] in word for word in words)
    }
    assert sorted(other) == []


@pytest.mark.parametrize("role", list(Role))
def test_every_role_stands_in_the_glossary(role: Role) -> None:
    name = str(ROLE_NAMES[role])
    assert glossary()[name.lower()] == {chinese(name)}


def test_every_word_of_the_rail_stands_in_the_glossary() -> None:
    known = {word for words in glossary().values() for word in words}
    own = {"Today", "Map", "People", "Admin", "Events"}  # plain words, or shorter than their term
    titles = {str(place.title) for place in RAIL} - own
    assert sorted(title for title in titles if chinese(title) not in known) == []


def test_the_steps_of_a_case_and_the_levels_of_areas_are_told_in_the_glossarys_words() -> None:
    known = {word for words in glossary().values() for word in words}
    other = {state.en for state in KIND.states.values() if not any(word in state.zh for word in known)}
    assert other <= {"Reported", "Not filed"}
    text = (PROJECT / "docs" / "glossary.md").read_text()
    for level in ("district", "street", "community", "ward", "precinct"):
        assert f"{level} {chinese(str(LEVELS[level]))}" in text


FORBIDDEN = {
    r"tickets?": "case", r"incidents?": "emergency event", r"grid officers?": "inspector", r"sub-?districts?": "street",
    r"households?": "dwelling", r"jurisdictions?": "reach", r"intake operators?": "intake officer",
}  # fmt: skip


def test_screens_use_no_second_word_for_what_the_glossary_names() -> None:
    used = [
        f"{text!r}: say {better}"
        for text in TEXTS
        for wrong, better in FORBIDDEN.items()
        if re.search(rf"\b{wrong}\b", text, re.IGNORECASE)
    ]
    assert sorted(used) == []


def test_what_runs_names_no_outside_host() -> None:
    """Names of XML, Open311 and the OGC, and where to read of a library's licence, are no addresses that are asked."""
    known = {"www.w3.org", "www.npmjs.com", "wiki.open311.org", "www.opengis.net", "json-schema.org", "127.0.0.1"}
    kinds = {".py", ".js", ".css", ".html", ".svg", ".sql", ".toml", ".po", ".csv"}
    found = set()
    for folder in ("app", "gis", "grid", "layers", "static/js", "static/css", "static/img", "data"):
        for file in (PROJECT / folder).rglob("*"):
            if file.is_file() and file.suffix in kinds:
                for host in re.findall(r"https?://([\w-]+(?:\.[\w-]+)+)", file.read_text()):
                    found |= {f"{file.relative_to(PROJECT)}: {host}"} if host not in known else set()
    assert sorted(found) == []
