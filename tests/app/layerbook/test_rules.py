"""Which rule holds, who may set rules, what the past tells, and why somebody sees a layer."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.layerbook import catalogue, service
from app.layerbook.models import LayerRule, Says
from app.layerbook.rules import Rule, Rules
from app.layerbook.service import Cell
from app.planning import service as recipes
from app.planning.models import RecipeRun, RunState
from app.planning.runs import carry_out
from app.printing.prepared import prepare
from app.printing.view import read_view
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from layers.layer import Layer, Registry
from tests import make_accounts
from tests.app.layerbook.conftest import FIELD, LAYER, VALUE, SetRules
from tests.layers.things import LAMPS

PLANNER = Viewer(7, "p", "planner", ("",), rights=frozenset({"layers.read"}))
PLACES = [("layer:lamps", "account:7"), ("layer:lamps", "role:planner"), ("theme:facilities", "account:7"),
          ("theme:facilities", "role:planner")]  # fmt: skip


@pytest.mark.parametrize("there", list(itertools.product([False, True], repeat=4)))
def test_the_layer_goes_before_its_theme_and_the_account_before_the_role(there: tuple[bool, ...]) -> None:
    rules = [
        Rule(target, "", who, Says.SEEN) for (target, who), is_there in zip(PLACES, there, strict=True) if is_there
    ]
    others = [
        Rule("layer:plots", "", "role:planner", Says.HIDDEN),
        Rule("layer:lamps", "", "role:clerk", Says.HIDDEN),
        Rule("layer:lamps", "", "account:8", Says.HIDDEN),
        Rule("layer:lamps", "kind", "account:7", Says.HIDDEN),
    ]
    found = Rules([*others, *reversed(rules)]).of_layer(LAMPS, PLANNER)
    assert found == (rules[0] if rules else None)  # PLACES stand in the order in which they are to count


def test_a_rule_for_an_account_shows_a_field_again_that_its_role_is_not_told() -> None:
    rules = Rules([Rule("layer:lamps", "kind", "role:planner", Says.HIDDEN),
                   Rule("layer:lamps", "number", "role:planner", Says.HIDDEN),
                   Rule("layer:lamps", "kind", "account:7", Says.SEEN)])  # fmt: skip
    assert rules.hidden_fields(LAMPS, PLANNER) == {"number"}
    assert rules.hidden_fields(LAMPS, Viewer(8, "o", "planner", ("",))) == {"kind", "number"}
    assert rules.hidden_fields(LAMPS, Viewer(9, "c", "clerk", ("",))) == frozenset()


def test_whose_layer_it_is_sees_it_whole_whatever_rules_say(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    owner = make_accounts.account(db, role="planner")
    db.execute(text("UPDATE datasets SET owner_id = :id, audience = 'owner'"), {"id": owner.id})
    set_rules((f"layer:{LAYER}", "", "role:planner", "hidden"), (f"layer:{LAYER}", FIELD, "role:planner", "hidden"))
    client = make_accounts.client_as(app, owner)
    assert VALUE in client.get(f"/api/v1/layers/{LAYER}/features").text


def test_a_rule_never_opens_what_rights_or_an_owner_close(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    set_rules(("layer:dwellings", "", "role:inspector", "export"), (f"layer:{LAYER}", "", "role:public", "export"))
    assert inspector.get("/api/v1/layers/dwellings/features").status_code == 404
    assert app.test_client().get(f"/api/v1/layers/{LAYER}/features").status_code == 401
    db.execute(text("UPDATE datasets SET audience = 'owner'"))
    set_rules((f"layer:{LAYER}", "", "role:inspector", "export"))
    assert inspector.get(f"/api/v1/layers/{LAYER}/features").status_code == 404


def test_a_rule_gives_the_download_to_a_role_without_it_and_takes_it_from_one_with_it(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    address = f"/layers/{LAYER}/export?format=csv"
    clients = {
        role: make_accounts.client_as(app, make_accounts.account(db, role=role)) for role in ("planner", "clerk")
    }

    def statuses() -> dict[str, int]:
        found = {}
        for role, client in clients.items():
            with client.get(address) as answer:
                found[role] = answer.status_code
        return found

    assert statuses() == {"planner": 200, "clerk": 403}
    set_rules(("theme:uploaded", "", "role:clerk", "export"), (f"layer:{LAYER}", "", "role:planner", "seen"))
    assert statuses() == {"planner": 403, "clerk": 200}
    assert clients["planner"].get(f"/api/v1/layers/{LAYER}/features").status_code == 200
    items = {one["id"]: one for one in clients["planner"].get("/api/v1/layer-catalogue").get_json()["items"]}
    assert (items[LAYER]["may_export"], items["areas"]["may_export"]) == (False, True)


def test_what_is_open_to_everyone_can_be_hidden_from_who_has_no_login_and_from_a_role(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    db.execute(text("UPDATE datasets SET audience = 'public'"))
    nobody, planner = app.test_client(), make_accounts.client_as(app, make_accounts.account(db, role="planner"))
    address = f"/api/v1/layers/{LAYER}/features"
    assert FIELD in nobody.get(address).text
    set_rules((f"layer:{LAYER}", FIELD, "role:public", "hidden"))
    assert FIELD not in nobody.get(address).text
    assert FIELD in planner.get(address).text
    assert FIELD not in nobody.get(f"/tiles/{LAYER}.json").text
    assert FIELD in planner.get(f"/tiles/{LAYER}.json").text
    set_rules((f"layer:{LAYER}", "", "role:public", "hidden"))
    assert nobody.get(address).status_code == 401
    assert LAYER not in nobody.get("/ogc/collections").text
    assert planner.get(address).status_code == 200
    set_rules((f"layer:{LAYER}", "", "role:public", None), (f"layer:{LAYER}", "", "role:planner", "hidden"))
    assert planner.get(address).status_code == 404


def test_nobody_without_the_right_or_with_a_part_of_the_city_sets_rules(app: Flask, db: Session, zebras: str) -> None:
    body = {"items": [{"target": f"layer:{LAYER}", "who": "role:planner", "says": "hidden"}]}
    for role, areas in (("planner", [""]), ("chief", [""]), ("administrator", ["310199001001"])):
        client = make_accounts.client_as(app, make_accounts.account(db, role=role, areas=areas))
        assert client.put("/api/v1/layer-rules", json=body).status_code == 403
        assert client.get("/api/v1/layer-rules").status_code == 403
        assert client.get("/api/v1/layer-rules/history").status_code == 403
        assert client.get(f"/api/v1/layer-rules/why?account=x&layer={LAYER}").status_code == 403
        assert client.get("/admin/layers").status_code == 403
    assert db.scalars(select(LayerRule)).all() == []


@pytest.mark.parametrize(
    ("cell", "field"),
    [
        (("layer:nowhere", "", "role:planner", Says.HIDDEN), "target"),
        (("theme:nothing", "", "role:planner", Says.HIDDEN), "target"),
        ((LAYER, "", "role:planner", Says.HIDDEN), "target"),
        ((f"layer:{LAYER}", "no_such", "role:planner", Says.HIDDEN), "field"),
        (("theme:uploaded", FIELD, "role:planner", Says.HIDDEN), "field"),
        ((f"layer:{LAYER}", FIELD, "role:planner", Says.EXPORT), "says"),
        ((f"layer:{LAYER}", "", "role:emperor", Says.HIDDEN), "who"),
        ((f"layer:{LAYER}", "", "role:system", Says.HIDDEN), "who"),
        ((f"layer:{LAYER}", "", "account:99999999", Says.HIDDEN), "who"),
        ((f"layer:{LAYER}", "", "account:٣", Says.HIDDEN), "who"),
        ((f"layer:{LAYER}", "", "account:", Says.HIDDEN), "who"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_and_no_other_of_the_same_request_is_set(
    app: Flask, db: Session, zebras: str, cell: tuple[str, str, str, Says], field: str
) -> None:
    keeper = make_accounts.viewer(db, role="administrator")
    good = Cell("theme:people", "", "role:planner", Says.HIDDEN)
    with pytest.raises(InvalidInput) as refused:
        service.set_rules(db, keeper, catalogue.declared(app.extensions["city"].layers), [good, Cell(*cell)])
    assert refused.value.field == field
    assert db.scalars(select(LayerRule)).all() == []


def test_a_leading_zero_names_no_account(app: Flask, db: Session, zebras: str) -> None:
    keeper, other = make_accounts.viewer(db, role="administrator"), make_accounts.account(db)
    cell = Cell(f"layer:{LAYER}", "", f"account:0{other.id}", Says.HIDDEN)
    with pytest.raises(InvalidInput):
        service.set_rules(db, keeper, catalogue.declared(app.extensions["city"].layers), [cell])


def test_a_changed_rule_is_a_new_row_and_the_past_tells_who_and_when(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    place = (f"layer:{LAYER}", "", "role:planner")
    assert [set_rules((*place, says)) for says in ("hidden", "hidden", "seen", None)] == [1, 0, 1, 1]
    rows = list(db.scalars(select(LayerRule).order_by(LayerRule.id)))
    assert [(row.says.value, row.ended_at is not None, row.ended_by is not None) for row in rows] == [
        ("hidden", True, True), ("seen", True, True),
    ]  # fmt: skip
    assert rows[0].set_at <= rows[0].ended_at <= rows[1].set_at  # type: ignore[operator]
    entries = list(db.scalars(select(AuditEntry).where(AuditEntry.act == "layers.rule").order_by(AuditEntry.id)))
    assert [(one.detail["before"], one.detail["after"]) for one in entries] == [
        (None, "hidden"), ("hidden", "seen"), ("seen", None),
    ]  # fmt: skip
    keeper = make_accounts.client_as(app, make_accounts.account(db, role="administrator", language="en"))
    told = keeper.get(f"/api/v1/layer-rules/history?layer={LAYER}").get_json()["items"]
    assert [(one["says"], one["who_words"], bool(one["set_by"]), bool(one["ended_by"])) for one in told] == [
        ("seen", "Planner", True, True), ("hidden", "Planner", True, True),
    ]  # fmt: skip


def test_an_administrator_who_hides_all_from_administrators_still_keeps_the_book(app: Flask, db: Session) -> None:
    account = make_accounts.account(db, role="administrator")
    client = make_accounts.client_as(app, account)
    themes = {one["theme"] for one in client.get("/api/v1/layers").get_json()["items"]}
    items = [{"target": f"theme:{theme}", "who": who, "says": "hidden"}
             for theme in themes for who in ("role:administrator", f"account:{account.id}")]  # fmt: skip
    assert client.put("/api/v1/layer-rules", json={"items": items}).status_code == 200
    assert client.get("/api/v1/layers").get_json()["items"] == []
    assert client.get("/admin/layers").status_code == 200
    found = {one["id"]: one["is_hidden"] for one in client.get("/api/v1/layer-catalogue").get_json()["items"]}
    assert found["cases"] is True
    assert client.patch("/api/v1/layers/cases", json={"source": "The desk"}).status_code == 200
    back = [one | {"says": None} for one in items]
    assert client.put("/api/v1/layer-rules", json={"items": back}).get_json()["items"] == []
    assert client.get("/api/v1/layers").get_json()["items"] != []


def test_why_names_each_thing_that_decides(app: Flask, db: Session, zebras: str, set_rules: SetRules) -> None:
    keeper = make_accounts.client_as(app, make_accounts.account(db, role="administrator", language="en"))
    south = make_accounts.account(db, role="planner", name="south", areas=["310199001001"])

    def why(layer: str, account: str = "south") -> dict[str, object]:
        told = keeper.get(f"/api/v1/layer-rules/why?account={account}&layer={layer}").get_json()
        return told | {"codes": [one["code"] for one in told["reasons"]]}

    first = why("cases")
    assert (first["sees"], first["may_export"], first["codes"]) == (True, True, ["right", "no_rule", "area", "export"])
    assert why("dwellings")["codes"] == ["right"]
    assert why("dwellings")["sees"] is False
    set_rules(("theme:cases", "", "role:planner", "hidden"), ("layer:cases", "number", "role:planner", "hidden"))
    hidden = why("cases")
    assert (hidden["sees"], hidden["codes"], hidden["hidden_fields"]) == (False, ["right", "rule"], [])
    assert "Planner" in str(hidden["reasons"])
    set_rules(("layer:cases", "", f"account:{south.id}", "seen"))
    seen = why("cases")
    assert (seen["sees"], seen["may_export"]) == (True, False)
    assert seen["hidden_fields"] == [{"name": "number", "title": "Case number", "hidden": True, "by": "Planner"}]
    db.execute(text("UPDATE datasets SET audience = 'owner'"))
    assert why(LAYER)["codes"] == ["owner"]
    assert keeper.get("/api/v1/layer-rules/why?account=nobody&layer=cases").status_code == 404
    assert keeper.get("/api/v1/layer-rules/why?account=south&layer=nothing").status_code == 404


@pytest.mark.parametrize("layer", ["cases", "dwellings", "areas", LAYER])
@pytest.mark.parametrize("role", ["planner", "clerk", "inspector", "administrator"])
def test_why_says_what_the_doors_do(
    app: Flask, db: Session, zebras: str, set_rules: SetRules, role: str, layer: str
) -> None:
    """The explanation is worked out beside the rule: they must never part."""
    keeper = make_accounts.client_as(app, make_accounts.account(db, role="administrator"))
    account = make_accounts.account(db, role=role)
    client = make_accounts.client_as(app, account)
    for says in (None, "hidden", "seen", "export"):
        set_rules((f"layer:{layer}", "", f"role:{role}", says))
        told = keeper.get(f"/api/v1/layer-rules/why?account={account.name}&layer={layer}").get_json()
        assert told["sees"] is (client.get(f"/api/v1/layers/{layer}/features").status_code == 200), says
        with client.get(f"/layers/{layer}/export?format=csv") as answer:
            assert told["may_export"] is (answer.status_code == 200), says


def test_a_print_shows_no_hidden_layer_and_draws_by_no_hidden_field(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    registry: Registry = app.extensions["city"].layers
    viewer, other = (make_accounts.viewer(db, role=role) for role in ("planner", "evaluator"))
    client = make_accounts.client_as(app, make_accounts.account(db, role="evaluator"))
    body = {"layer": LAYER, "title": "coats", "shared": True, "declared": {"kind": "category", "field": FIELD}}
    style = client.post("/api/v1/styles", json=body).get_json()["id"]
    now = datetime.now(UTC)
    view = read_view(f"on={LAYER}&st.{LAYER}={style}")
    with app.test_request_context():
        first = prepare(db, registry, viewer, view, now)
        assert VALUE in repr(first.layers)
        set_rules((f"layer:{LAYER}", FIELD, "role:planner", "hidden"))
        second = prepare(db, registry, viewer, view, now)
        assert len(second.layers) == 1
        assert VALUE not in repr(second.layers)
        assert len(second.notes) == 1  # the usual look, and it says so
        set_rules((f"layer:{LAYER}", "", "role:planner", "hidden"))
        third = prepare(db, registry, viewer, view, now)
        assert third.layers == []
        assert len(prepare(db, registry, other, view, now).layers) == 1


def test_a_recipe_takes_in_no_hidden_layer_and_no_hidden_field(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    registry: Registry = app.extensions["city"].layers
    viewer = make_accounts.viewer(db, role="planner")

    def run(name: str, step: dict[str, object]) -> RecipeRun:
        recipe = recipes.create(db, viewer, name, "", [{"of": LAYER, "as": "herds"} | step])
        made = recipes.add_run(db, viewer, registry, recipe)
        carry_out(registry, viewer, made.id)
        db.expire_all()
        return recipes.get_run(db, viewer, recipe.id, made.id)

    by_coat: dict[str, object] = {"do": "dissolve", "by": [FIELD]}
    assert run("before", by_coat).state == RunState.DONE
    set_rules((f"layer:{LAYER}", FIELD, "role:planner", "hidden"))
    assert run("by coat", by_coat).state == RunState.FAILED
    assert run("around", {"do": "buffer", "metres": 10}).state == RunState.DONE
    columns = db.scalar(text("SELECT columns FROM datasets WHERE title = 'around'"))
    assert {one["name"] for one in columns} >= {"weight"}
    assert FIELD not in {one["name"] for one in columns}
    set_rules((f"layer:{LAYER}", "", "role:planner", "hidden"))
    with pytest.raises(NotFound):
        run("after", by_coat)


def test_commands_of_an_account_obey_and_those_of_the_server_see_all(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    registry: Registry = app.extensions["city"].layers
    set_rules((f"layer:{LAYER}", "", "role:planner", "hidden"))
    with pytest.raises(NotFound):
        registry.get(LAYER, make_accounts.viewer(db, role="planner"))
    assert isinstance(registry.get(LAYER, catalogue.ALL_LAYERS), Layer)


def test_only_a_whole_rule_is_kept_by_the_database(db: Session) -> None:
    db.add(LayerRule(target="layer:a", who="role:planner", says=Says.SEEN))
    db.flush()
    db.add(LayerRule(target="layer:a", who="role:planner", says=Says.HIDDEN))
    with pytest.raises(IntegrityError, match="uq_layer_rules_now"):
        db.flush()


def test_the_book_is_for_the_whole_city(db: Session, cells: object) -> None:
    with pytest.raises(Forbidden):
        service.require(db, make_accounts.viewer(db, role="administrator", areas=["310199001001"]))
    service.require(db, make_accounts.viewer(db, role="administrator", areas=["310199"]))
