"""The frame."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.settings import PROJECT
from app.web.home import Card, cards_for, register_card
from app.web.importmap import MODULES, VENDOR
from tests import make, make_accounts


def test_a_stranger_is_sent_to_the_login_and_back(client: FlaskClient) -> None:
    answer = client.get("/me?tab=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/me%3Ftab%3D2"


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_first_screen(app: OpenAPI, db: Session, role: Role) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role=role))
    answer = client.get("/")
    assert answer.status_code == 200
    assert "试验城" in answer.text


def links_of(page: str) -> set[str]:
    """Addresses on this site that a page leads to or loads, without their marks."""
    found = re.findall(r'(?:href|src|action)="(/[^"#]*)', page)
    return {html.unescape(address) for address in found}


@pytest.mark.parametrize("role", Role)
def test_every_link_of_the_frame_and_the_first_screen_leads_somewhere(app: OpenAPI, db: Session, role: Role) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role=role))
    pages = ["/", "/me"] + (["/admin", "/admin/accounts", "/admin/audit"] if role is Role.ADMINISTRATOR else [])
    links = set().union(*(links_of(client.get(page).text) for page in pages))
    assert "/me" in links
    dead = {}
    for link in links:
        status = client.get(link, buffered=True).status_code
        if status not in (200, 302, 303, 405) and not (link.startswith("/static/vendor/") and status == 404):
            dead[link] = status
    assert dead == {}


def test_the_rail_shows_what_a_role_may_open_and_marks_where_one_is(app: OpenAPI, db: Session) -> None:
    clerk = make_accounts.client_as(app, make_accounts.account(db, role="clerk"))
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    assert 'href="/residents"' in clerk.get("/").text
    assert 'href="/residents"' not in inspector.get("/").text
    assert 'href="/admin"' not in clerk.get("/").text
    assert '<a href="/" aria-current="page"' in clerk.get("/").text


def test_every_module_of_the_import_map_is_there() -> None:
    ours = [address for address in MODULES.values() if not address.startswith(VENDOR)]
    assert all((PROJECT / address.lstrip("/")).exists() for address in ours)


def test_a_card_can_be_declined_and_cards_stand_by_their_order(app: OpenAPI, db: Session) -> None:
    with app.test_request_context():
        app.extensions["home_cards"] = []
        register_card(app, lambda db, viewer: None)
        register_card(app, lambda db, viewer: Card("later", 2, "/cases", order=9))
        register_card(app, lambda db, viewer: Card("first", 1, "/cases", order=1))
        assert [card.title for card in cards_for(db, make_accounts.viewer(db))] == ["first", "later"]


def test_every_module_that_a_template_names_is_there() -> None:
    named = {
        (file.name, module)
        for file in (PROJECT / "app").rglob("*.html")
        for module in re.findall(r'data-module="([\w/-]+)"', file.read_text())
    }
    assert ("base.html", "core/search") in named
    missing = {one for one in named if not (PROJECT / "static" / "js" / f"{one[1]}.js").exists()}
    assert missing == set()


def test_no_module_imports_the_one_that_starts_the_page() -> None:
    """A second copy under another address would mount everything twice, and wait for itself."""
    wrong = [
        file.name
        for file in (PROJECT / "static" / "js").rglob("*.js")
        if re.search(r"from .*core/boot", file.read_text())
    ]
    assert wrong == []


@pytest.mark.parametrize("path", ["/", "/map", "/admin"])
def test_before_a_city_is_loaded_screens_say_so_and_how_to_load_one(app: OpenAPI, db: Session, path: str) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db, role="administrator"))
    empty = client.get(f"{path}?lang=en").text
    assert "No city is loaded yet." in empty
    assert "./city load PROFILE" in empty
    assert 'data-module="map/page"' not in empty
    assert "act=new" not in empty
    make.city(db)
    assert "No city is loaded yet." not in client.get(f"{path}?lang=en").text
