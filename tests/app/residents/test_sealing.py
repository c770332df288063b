"""What is sealed can't be read without the keys, can't be moved or changed, and can be found by its index."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.residents import sealing
from app.residents.sealing import REGISTER
from app.sealing.ciphers import CIPHERS
from app.sealing.vault import KeyMissing, add_key, key_id, keys_file, open_vault
from tests import make_people

NUMBER = "31010519491231002X"  # GB 11643-1999's own example


@pytest.mark.parametrize("cipher", sorted(CIPHERS))
def test_a_sealed_number_opens_again_and_does_not_hold_it(tmp_path: Path, cipher: str) -> None:
    add_key(tmp_path, REGISTER, cipher)
    vault = open_vault(tmp_path, REGISTER)
    sealed = vault.seal(NUMBER, "number")
    assert vault.open(sealed, "number") == NUMBER
    for part in (NUMBER, NUMBER[6:14], NUMBER[-4:]):
        assert part.encode() not in sealed
    assert vault.seal(NUMBER, "number") != sealed


@pytest.mark.parametrize("cipher", sorted(CIPHERS))
def test_a_changed_or_misplaced_value_does_not_open(tmp_path: Path, cipher: str) -> None:
    add_key(tmp_path, REGISTER, cipher)
    vault = open_vault(tmp_path, REGISTER)
    sealed = vault.seal(NUMBER, "number")
    with pytest.raises(KeyMissing):
        vault.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "number")
    with pytest.raises(KeyMissing):
        vault.open(sealed, "phone")
    with pytest.raises(KeyMissing):
        vault.open(b"", "number")


def test_a_new_key_leaves_older_values_readable_and_the_index_the_same(tmp_path: Path) -> None:
    before = open_vault(tmp_path, REGISTER)
    sealed, index = before.seal(NUMBER, "number"), before.index(NUMBER, "number")
    assert add_key(tmp_path, REGISTER, "sm4-gcm") == (after := open_vault(tmp_path, REGISTER)).current
    assert after.open(sealed, "number") == NUMBER
    assert after.index(NUMBER, "number") == index
    assert key_id(after.seal(NUMBER, "number")) != key_id(sealed)


def test_another_home_can_neither_open_nor_find(tmp_path: Path) -> None:
    ours, theirs = open_vault(tmp_path / "a", REGISTER), open_vault(tmp_path / "b", REGISTER)
    with pytest.raises(KeyMissing):
        theirs.open(ours.seal(NUMBER, "number"), "number")
    assert ours.index(NUMBER, "number") != theirs.index(NUMBER, "number")


def test_only_the_owner_reads_the_keys(tmp_path: Path) -> None:
    open_vault(tmp_path, REGISTER)
    add_key(tmp_path, REGISTER)
    assert stat.S_IMODE(keys_file(tmp_path, REGISTER).stat().st_mode) == 0o600
    assert [file.name for file in keys_file(tmp_path, REGISTER).parent.iterdir()] == ["residents"]


def test_the_index_is_the_same_for_every_way_of_writing_a_number(tmp_path: Path) -> None:
    with make_people.keys(tmp_path):
        ways = [
            NUMBER,
            "31010519491231002x",
            " 310105 19491231 002X ",
            "３１０１０５１９４９１２３１００２Ｘ",
            "310105-19491231-002x",
        ]
        sealed, index = sealing.seal_numbers(ways)
        assert len(set(index)) == 1
        assert len(set(sealed)) == len(ways)
        assert sealing.seal_number(NUMBER)[1] == index[0]


def test_a_process_notices_a_new_key(tmp_path: Path) -> None:
    with make_people.keys(tmp_path) as first:
        add_key(tmp_path, REGISTER)
        assert sealing.vault().current != first.current


def test_each_register_has_keys_of_its_own(tmp_path: Path) -> None:
    ours, theirs = open_vault(tmp_path, REGISTER), open_vault(tmp_path, "reporters")
    with pytest.raises(KeyMissing, match="keys/reporters"):
        theirs.open(ours.seal(NUMBER, "number"), "number")
    assert ours.index(NUMBER, "number") != theirs.index(NUMBER, "number")
