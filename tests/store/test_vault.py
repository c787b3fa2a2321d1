"""Sealed secrets, and the key they are sealed with."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from webapp.errors import ConfigurationError
from webapp.store.vault import Vault


def test_a_sealed_secret_can_be_opened_by_the_same_key_alone(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path / "secret.key")

    sealed = vault.seal("CANARY")

    assert "CANARY" not in sealed
    assert Vault.at(tmp_path / "secret.key").unseal(sealed) == "CANARY"
    assert Vault(Fernet.generate_key()).unseal(sealed) is None


@pytest.mark.parametrize("sealed", ["", "x", "gAAAAA", "\u00fc", "=" * 100])
def test_what_was_never_sealed_opens_to_nothing(tmp_path: Path, sealed: str) -> None:
    assert Vault.at(tmp_path / "secret.key").unseal(sealed) is None


def test_sealing_twice_gives_two_texts(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path / "secret.key")

    assert vault.seal("CANARY") != vault.seal("CANARY")


def test_the_key_is_for_the_owner_of_the_process_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Vault.at(tmp_path / "secret.key")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff" * 44])
def test_a_file_that_is_no_key_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret.key"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError) as refused:
        Vault.at(file)

    assert str(refused.value).startswith(f"{file} is not a readable key.")
    assert file.read_bytes() == content


def test_a_key_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        Vault.at(tmp_path / "nowhere" / "secret.key")


def test_a_vault_does_not_show_its_key() -> None:
    key = Fernet.generate_key()

    assert key.decode() not in repr(Vault(key))
