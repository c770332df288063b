"""The catalogue: loaded from files, told apart by scheme, found by name, pinyin, initials and code."""

from __future__ import annotations

import csv

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases import catalogue, catalogue_tree, conditions
from app.cases.models import CaseClass, CatalogueScheme, ClassKind
from app.clocks.limits import BadLimit
from gis.errors import InvalidInput
from tests import make_cases


def names(found: dict) -> list[str]:
    return [child["name_zh"] for item in found["items"] for child in item["children"]]


def test_the_files_hold_as_many_classes_as_the_standards_tables(db: Session) -> None:
    catalogue.load_catalogues(db)
    minors = select(CatalogueScheme.name, CaseClass.kind, func.count()).join(
        CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id
    )
    counted = db.execute(
        minors.where(CaseClass.parent_id.is_not(None)).group_by(CatalogueScheme.name, CaseClass.kind)
    ).all()
    assert {(name, kind.value): n for name, kind, n in counted} == {
        ("CJ/T 214-2007", "component"): 85, ("CJ/T 214-2007", "event"): 54,
        ("GB/T 30428.2-2013", "component"): 71, ("GB/T 30428.2-2013", "event"): 67,
        ("LOCAL-EXT (example)", "component"): 13, ("LOCAL-EXT (example)", "event"): 14,
    }  # fmt: skip


def test_loading_twice_adds_nothing(db: Session) -> None:
    first = catalogue.load_catalogues(db)
    before = db.scalar(select(func.count()).select_from(CaseClass))
    assert catalogue.load_catalogues(db) == first == before == db.scalar(select(func.count()).select_from(CaseClass))


def test_the_same_number_means_different_things_in_different_schemes(db: Session) -> None:
    catalogue.load_catalogues(db)
    old = catalogue.find_class(db, "CJ/T 214-2007", "event", "0401")
    new = catalogue.find_class(db, "GB/T 30428.2-2013", "event", "0401")
    assert (old.name_zh, new.name_zh) == ("路面塌陷", "无照经营游商")


def test_the_provisional_scheme_and_unverified_numbers_are_marked(db: Session) -> None:
    catalogue.load_catalogues(db)
    schemes = {one.name: one.is_provisional for one in db.scalars(select(CatalogueScheme))}
    assert schemes == {"CJ/T 214-2007": False, "GB/T 30428.2-2013": True, "LOCAL-EXT (example)": True}
    assert catalogue.find_class(db, "GB/T 30428.2-2013", "component", "0105").attributes["certainty"] == "unverified"


def test_a_profile_chooses_which_schemes_new_records_take(db: Session) -> None:
    catalogue.load_catalogues(db, active=["GB/T 30428.2-2013"])
    assert [one["name"] for one in catalogue_tree.tree(db)["schemes"]] == ["GB/T 30428.2-2013"]
    everything = catalogue_tree.tree(db, in_use=False)
    assert len(everything["schemes"]) == 3


@pytest.mark.parametrize("asked", ["路灯", "ludeng", "LD", "street lamp", "0118", "公用 路灯"])
def test_a_class_is_found_by_name_pinyin_initials_english_and_code(db: Session, asked: str) -> None:
    catalogue.load_catalogues(db)
    assert "路灯" in names(catalogue_tree.tree(db, kind=ClassKind.COMPONENT, q=asked))


def test_the_best_match_comes_first(db: Session) -> None:
    catalogue.load_catalogues(db)
    assert names(catalogue_tree.tree(db, kind=ClassKind.COMPONENT, q="路灯"))[0] == "路灯"


def test_a_major_class_brings_all_below_it(db: Session) -> None:
    catalogue.load_catalogues(db)
    [item] = catalogue_tree.tree(db, kind=ClassKind.EVENT, q="advertising")["items"]
    assert item["name_zh"] == "宣传广告"
    assert len(item["children"]) == 5  # CJ/T 214-2007 lists five events under 02


@pytest.mark.parametrize("asked", ["%", "_", "no such thing", "路灯 不存在"])
def test_what_matches_nothing_gives_an_empty_tree(db: Session, asked: str) -> None:
    catalogue.load_catalogues(db)
    assert catalogue_tree.tree(db, q=asked)["items"] == []


def test_a_record_takes_a_minor_class_in_use_and_no_other(db: Session) -> None:
    minor = make_cases.case_class(db)
    assert catalogue.usable_class(db, minor.id, kind="component") is minor
    for wrong, kind in ((minor.parent_id, None), (minor.id, "event"), (10**9, None)):
        with pytest.raises(InvalidInput) as refused:
            catalogue.usable_class(db, wrong, kind=kind)
        assert refused.value.field == "class_id"


def test_a_class_may_not_stand_below_one_of_another_kind(db: Session) -> None:
    minor = make_cases.case_class(db)
    scheme, major = db.get_one(CatalogueScheme, minor.scheme_id), db.get_one(CaseClass, minor.parent_id)
    with pytest.raises(InvalidInput):
        catalogue.add_class(db, scheme, ClassKind.EVENT, "0199", "其他", "Other", parent=major)


def test_codes_in_the_files_keep_their_leading_zeros_and_their_parents_exist() -> None:
    for file in sorted(catalogue.CATALOGUES.glob("*.csv")):
        if file.name == "schemes.csv":
            continue
        with file.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
        majors = {(row["kind"], row["code"]) for row in rows if not row["parent"]}
        assert all(len(row["code"]) == (4 if row["parent"] else 2) for row in rows), file
        assert all((row["kind"], row["parent"]) in majors for row in rows if row["parent"]), file
        assert len({(row["kind"], row["code"]) for row in rows}) == len(rows), file


def test_example_limits_become_conditions_and_loading_again_changes_nothing(db: Session) -> None:
    catalogue.load_catalogues(db)
    cover = catalogue.find_class(db, "GB/T 30428.2-2013", ClassKind.COMPONENT, "0101")
    found = conditions.offered(db, cover.id)
    assert [(one.code, one.limits, one.source) for one in found] == [
        ("1", {"": "2 urgent_hour"}, "example"), ("2", {"": "4 work_hour"}, "example"),
        ("3", {"": "2 work_day"}, "example"), ("4", {"": "5 work_day"}, "example"),
    ]  # fmt: skip
    catalogue.load_catalogues(db)
    assert [one.id for one in conditions.offered(db, cover.id)] == [one.id for one in found]


def test_a_changed_condition_is_a_new_one_and_the_old_stays_readable(db: Session) -> None:
    catalogue.load_catalogues(db)
    cover = catalogue.find_class(db, "GB/T 30428.2-2013", ClassKind.COMPONENT, "0101")
    old = conditions.offered(db, cover.id)[0]
    words = {"text_zh": "缺失", "text_en": "Missing"}
    assert conditions.put(db, cover.id, "1", words | {"limits": {"": "1 urgent_hour", "A": "0.5 urgent_hour"}})
    assert conditions.offered(db, cover.id)[0].text_en == "Missing"
    assert old.valid_to_at is not None
    with pytest.raises(BadLimit):
        conditions.put(db, cover.id, "1", words | {"limits": {"": "soon"}})
