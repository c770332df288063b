"""Codes against cases worked out elsewhere."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from grid.codes import (
    InvalidCode,
    normalise,
    parse_cell_code,
    parse_citizen_number,
    parse_component_code,
    parse_credit_code,
    parse_organisation_code,
    upgrade_old_citizen_number,
)
from tests.conftest import SHARED

Row = dict[str, str]


def cases(name: str) -> list[Row]:
    with (SHARED / "oracles" / "codes" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_good(row: Row) -> bool:
    return row["expected"] != "invalid"


def split(name: str) -> tuple[list[Row], list[Row]]:
    rows = cases(name)
    assert len(rows) == 15
    return [row for row in rows if is_good(row)], [row for row in rows if not is_good(row)]


@pytest.mark.parametrize("row", split("citizen_id.csv")[0], ids=lambda row: row["value"])
def test_good_citizen_numbers_are_taken_apart(row: Row) -> None:
    found = parse_citizen_number(row["value"], today=date(2026, 1, 1))
    assert found.number == (row["normalised"] or row["value"])
    assert found.birth_on.isoformat() == row["birth"]
    assert found.sex == row["sex"]
    assert ("age_over_120" in found.warnings) == (row["soft"] == "age over 120" or row["birth"].startswith("1900"))


@pytest.mark.parametrize("row", split("citizen_id.csv")[1], ids=lambda row: row["value"])
def test_bad_citizen_numbers_are_refused(row: Row) -> None:
    with pytest.raises(InvalidCode):
        parse_citizen_number(row["value"])


def test_the_old_citizen_number_of_the_standard_becomes_the_new_one() -> None:
    assert upgrade_old_citizen_number("110105491231002") == "11010519491231002X"


@pytest.mark.parametrize("row", split("uscc.csv")[0], ids=lambda row: row["value"])
def test_good_credit_codes_are_taken_apart(row: Row) -> None:
    found = parse_credit_code(row["value"])
    assert found.code == (row["normalised"] or row["value"])
    assert (found.register, found.area, found.organisation_code) == (
        row["register"],
        row["area"],
        row["organisation_code"],
    )
    assert parse_organisation_code(row["organisation_code"]) == row["organisation_code"]
    assert ("unknown_register" in found.warnings) == ("register letter added" in row["soft"])


@pytest.mark.parametrize("row", split("uscc.csv")[1], ids=lambda row: row["value"])
def test_bad_credit_codes_are_refused(row: Row) -> None:
    with pytest.raises(InvalidCode):
        parse_credit_code(row["value"])


@pytest.mark.parametrize("row", split("unit_grid.csv")[0], ids=lambda row: row["value"])
def test_good_cell_codes_are_taken_apart(row: Row) -> None:
    found = parse_cell_code(row["value"], row["scheme"])
    assert found.code == (row["normalised"] or row["value"])
    assert (*found.parts, f"{found.sequence:03d}") == (row["area"], row["street"], row["community"], row["sequence"])


@pytest.mark.parametrize("row", split("unit_grid.csv")[1], ids=lambda row: row["value"])
def test_bad_cell_codes_are_refused(row: Row) -> None:
    with pytest.raises(InvalidCode):
        parse_cell_code(row["value"], row["scheme"])


@pytest.mark.parametrize("row", split("component.csv")[0], ids=lambda row: row["value"])
def test_good_component_codes_are_taken_apart(row: Row) -> None:
    found = parse_component_code(row["value"], row["scheme"])
    assert found.code == (row["normalised"] or normalise(row["value"]))
    assert (found.area, found.major, found.minor, found.number) == (
        row["area"],
        row["major"],
        row["minor"],
        row["number"],
    )


@pytest.mark.parametrize("row", split("component.csv")[1], ids=lambda row: row["value"] or "empty")
def test_bad_component_codes_are_refused(row: Row) -> None:
    with pytest.raises(InvalidCode):
        parse_component_code(row["value"], row["scheme"])
