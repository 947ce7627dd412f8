import json
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from node.keyring import (
    ENTROPY_BYTES_MAX,
    KEYS_BYTES_MAX,
    KEYS_FILE_NAME,
    Keyring,
    KeyringError,
    create,
    entropy,
    load,
    save,
    with_instance,
)

CIRCLE = bytes(range(32))
COOP = bytes(range(100, 132))


def counting_draw() -> Callable[[int], bytes]:
    drawn = iter(range(256))
    return lambda byte_count: bytes([next(drawn)]) * byte_count


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def damaged(home: Path) -> str:
    path = home / KEYS_FILE_NAME
    return f"{path} is damaged; restore it from a backup, it is left as it is [keys-damaged]"


def refusal(home: Path) -> str:
    with pytest.raises(KeyringError) as refused:
        load(home)
    return str(refused.value)


def rewrite(home: Path, content: bytes) -> None:
    (home / KEYS_FILE_NAME).write_bytes(content)


def test_created_keys_are_private_and_can_be_loaded(home: Path) -> None:
    made = create(home, counting_draw())
    assert made == Keyring(device_seed=b"\0" * 32, noise_private=b"\1" * 32)
    assert load(home) == made
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / KEYS_FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == [KEYS_FILE_NAME]


def test_all_fields_survive_saving(home: Path) -> None:
    keyring = msgspec.structs.replace(
        create(home, entropy), coop=COOP, start_marker="machine 1, folder 2, seq 3"
    )
    keyring = with_instance(with_instance(keyring, CIRCLE, 0), COOP, 255)
    save(home, keyring)
    assert load(home) == keyring
    assert load(home).instances == {CIRCLE.hex(): 0, COOP.hex(): 255}


def test_choosing_an_instance_leaves_the_given_keyring_alone(home: Path) -> None:
    before = create(home, entropy)
    after = with_instance(before, CIRCLE, 7)
    assert (before.instances, after.instances) == ({}, {CIRCLE.hex(): 7})


@pytest.mark.parametrize("instance", [-1, 256])
def test_instance_is_one_byte(home: Path, instance: int) -> None:
    with pytest.raises(AssertionError):
        with_instance(create(home, entropy), CIRCLE, instance)


def test_incomplete_keyring_is_never_written(home: Path) -> None:
    whole = create(home, entropy)
    with pytest.raises(AssertionError):
        save(home, msgspec.structs.replace(whole, device_seed=b"short"))
    assert load(home) == whole


def test_existing_keys_are_kept(home: Path) -> None:
    first = create(home, entropy)
    with pytest.raises(KeyringError) as refused:
        create(home, entropy)
    assert str(refused.value) == f"{home / KEYS_FILE_NAME} exists already; it is kept [keys-exist]"
    assert load(home) == first


def test_no_keys_are_made_in_a_folder_that_others_can_enter(home: Path) -> None:
    home.mkdir()
    (home / "content").touch()
    home.chmod(0o750)
    with pytest.raises(KeyringError) as refused:
        create(home, entropy)
    assert str(refused.value) == (
        f"{home} is open to other users; close it with: chmod 700 {home} [not-private]"
    )
    assert not (home / KEYS_FILE_NAME).exists()


def test_missing_keys_say_how_to_make_them(home: Path) -> None:
    assert refusal(home) == (
        f"there are no keys at {home / KEYS_FILE_NAME}; make them with: coop-node init [no-keys]"
    )


@pytest.mark.parametrize(("name", "mode"), [(KEYS_FILE_NAME, 0o644), ("", 0o711)])
def test_keys_that_others_could_read_are_not_used(home: Path, name: str, mode: int) -> None:
    create(home, entropy)
    path = home / name
    path.chmod(mode)
    assert refusal(home).startswith(f"{path} is open to other users; close it with: chmod ")


def test_every_changed_character_is_noticed(home: Path) -> None:
    keyring = with_instance(create(home, counting_draw()), CIRCLE, 1)
    save(home, msgspec.structs.replace(keyring, coop=COOP))
    whole = (home / KEYS_FILE_NAME).read_bytes()
    for position, byte in enumerate(whole):
        if chr(byte).isspace():
            continue
        rewrite(home, whole[:position] + bytes([byte ^ 1]) + whole[position + 1 :])
        with pytest.raises(KeyringError):
            load(home)
    rewrite(home, whole)
    assert load(home).coop == COOP


@pytest.mark.parametrize("part", [0, 1, 50, -3])
def test_torn_file_is_noticed(home: Path, part: int) -> None:
    create(home, entropy)
    rewrite(home, (home / KEYS_FILE_NAME).read_bytes()[:part])
    assert refusal(home) == damaged(home)


@pytest.mark.parametrize(
    "change",
    [
        {"device_seed": "ab"},
        {"device_seed": "AB" * 32},
        {"noise_private": "zz" * 32},
        {"coop": ""},
        {"instances": {"circle": 1}},
        {"instances": {CIRCLE.hex(): 256}},
        {"instances": {CIRCLE.hex(): "1"}},
        {"start_marker": None},
        {"more": 1},
        {"format": None},
    ],
)
def test_wrong_field_is_noticed(home: Path, change: dict[str, object]) -> None:
    create(home, entropy)
    stored = json.loads((home / KEYS_FILE_NAME).read_bytes())
    rewrite(home, json.dumps({**stored, **change}).encode())
    assert refusal(home) == damaged(home)


def test_file_of_a_newer_version_asks_for_that_version(home: Path) -> None:
    create(home, entropy)
    rewrite(home, b'{"format": 2, "sealed": "..."}')
    assert refusal(home) == (
        f"{home / KEYS_FILE_NAME} was written by a newer coop-node; start that version "
        "[keys-damaged]"
    )


def test_size_of_the_file_is_limited(home: Path) -> None:
    create(home, entropy)
    whole = (home / KEYS_FILE_NAME).read_bytes()
    rewrite(home, whole.ljust(KEYS_BYTES_MAX))
    assert load(home).coop is None
    rewrite(home, whole.ljust(KEYS_BYTES_MAX + 1))
    assert refusal(home).endswith("[too-large]")


def test_representation_names_no_key(home: Path) -> None:
    keyring = msgspec.structs.replace(create(home, entropy), coop=COOP)
    shown = repr(keyring)
    assert COOP.hex() in shown
    for key in (keyring.device_seed, keyring.noise_private):
        assert key.hex() not in shown
        assert repr(key) not in shown


def test_entropy_is_fresh_and_as_long_as_asked() -> None:
    assert [len(entropy(length)) for length in (1, 32, ENTROPY_BYTES_MAX)] == [1, 32, 1024]
    assert entropy(32) != entropy(32)


@pytest.mark.parametrize("length", [-1, 0, ENTROPY_BYTES_MAX + 1])
def test_entropy_refuses_senseless_lengths(length: int) -> None:
    with pytest.raises(AssertionError):
        entropy(length)


def test_broken_entropy_source_is_noticed(home: Path) -> None:
    with pytest.raises(AssertionError):
        create(home, bytes)
