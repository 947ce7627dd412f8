"""A data folder: made once, restored from its words, and what it remembers."""

from pathlib import Path

import pytest
from mnemonic import Mnemonic

from node import acts, home, keyring
from node.store import keylogs
from node.store.database import Database
from protocol import keys, profile
from protocol.errors import Refusal
from protocol.keylog import event_hash
from protocol.limits import NODES_MAX
from tests.coops import NETWORK, NOW_MS, Coop, trio

FIELDS = profile.Profile(name="Kahawa", country="KE")


def test_a_new_folder_holds_keys_an_inception_and_the_profile(tmp_path: Path) -> None:
    made = home.make(tmp_path / "home", NETWORK, FIELDS, keyring.entropy)
    ring = keyring.load(tmp_path / "home")
    assert ring.coop == made.coop
    database = Database(tmp_path / "home" / home.DATABASE_NAME, NETWORK)
    own = keylogs.key_log(database, made.coop)
    assert own is not None
    device, _ = keys.signing_pair(ring.device_seed)
    assert own.may_sign(own.current.ref, device)
    assert home.kept_profile(database) == FIELDS
    assert home.all_circles(database) == []
    database.close()


def test_made_twice_it_is_already_there_and_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    home.make(folder, NETWORK, FIELDS, keyring.entropy)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(Refusal) as refusal:
        home.make(folder, NETWORK, FIELDS, keyring.entropy)
    assert refusal.value.code == "already-there"
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before


def test_a_folder_with_keys_and_no_database_keeps_its_keys(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    kept = keyring.create(folder, keyring.entropy)
    with pytest.raises(keyring.KeyringError):
        home.make(folder, NETWORK, FIELDS, keyring.entropy)
    assert keyring.load(folder) == kept
    assert not (folder / home.DATABASE_NAME).exists()


def test_24_words_restore_the_controllers_key(tmp_path: Path) -> None:
    made = home.make(tmp_path / "home", NETWORK, FIELDS, keyring.entropy)
    assert len(made.recovery) == 24
    recovery = bytes(Mnemonic("english").to_entropy(list(made.recovery)))
    controller, _ = keys.signing_pair(keys.controller_seed(NETWORK, recovery, 0))
    following, _ = keys.signing_pair(keys.controller_seed(NETWORK, recovery, 1))
    database = Database(tmp_path / "home" / home.DATABASE_NAME, NETWORK)
    own = keylogs.key_log(database, made.coop)
    assert own is not None
    assert own.current.controller == controller
    assert own.current.next_controller == NETWORK.hash(b"next", following)
    database.close()
    assert recovery not in b"".join(
        path.read_bytes() for path in (tmp_path / "home").iterdir() if path.is_file()
    )


def test_fingerprint_words_belong_to_the_first_half_of_the_id(tmp_path: Path) -> None:
    made = home.make(tmp_path / "home", NETWORK, FIELDS, keyring.entropy)
    assert len(made.words) == 12
    assert made.words == home.fingerprint(made.coop)
    entropy = bytes(Mnemonic("english").to_entropy(list(made.words)))
    assert entropy == made.coop[: home.FINGERPRINT_BYTES]
    assert home.fingerprint(bytes(32)) != made.words


def test_the_same_keys_with_another_salt_are_another_co_op() -> None:
    one = Coop("fishers")
    again = home.make_inception(NETWORK, one.keyring, one.recovery, bytes(16))
    other = home.make_inception(NETWORK, one.keyring, one.recovery, bytes([1]) * 16)
    assert event_hash(NETWORK, again.event) != event_hash(NETWORK, other.event)


def test_it_knows_its_circles_and_what_it_was_told_to_remember() -> None:
    circle, fishers, growers, others = trio()
    database = fishers.database
    assert home.circles_of(database, fishers.id) == [circle]
    assert home.is_member(database, circle, growers.id)
    assert not home.is_member(database, circle, others.id)
    assert home.last_port(database) == 0
    home.keep_port(database, 7443)
    assert home.last_port(database) == 7443
    shown = home.contact(database, circle, fishers.id, "http://127.0.0.1:1")
    assert shown.nodes == ("http://127.0.0.1:1",)
    assert home.needs_contact(database, circle, fishers.id, "http://127.0.0.1:1")
    assert not home.needs_contact(database, circle, others.id, "http://127.0.0.1:1")


def test_a_contact_names_every_node_of_the_coop_and_no_old_address_of_this_one() -> None:
    circle, fishers, _, _ = trio()
    database, here, there = fishers.database, "http://127.0.0.1:1", "http://127.0.0.1:2"
    tell(fishers, circle, there)
    home.note_address(database, here)
    assert home.needs_contact(database, circle, fishers.id, here)
    shown = home.contact(database, circle, fishers.id, here)
    assert shown.nodes == (here, there)
    tell(fishers, circle, *shown.nodes)
    assert not home.needs_contact(database, circle, fishers.id, here)
    moved = "http://127.0.0.1:3"
    home.note_address(database, moved)
    assert home.contact(database, circle, fishers.id, moved).nodes == (moved, there)
    many = [f"http://127.0.0.1:{number}" for number in range(10, 10 + NODES_MAX)]
    tell(fishers, circle, *many)
    nodes = home.contact(database, circle, fishers.id, moved).nodes
    assert nodes == (moved, *many[: NODES_MAX - 1])


def tell(coop: Coop, circle: bytes, *nodes: str) -> None:
    fields = profile.Contact(nodes=nodes)
    acts.set_contact(coop.database, coop.signing(), circle, fields)


def test_all_rows_fold_again_to_the_same_digest() -> None:
    circle, fishers, _, _ = trio()
    fishers.offer(circle, "cod", "hake")
    before, after = home.rebuild(fishers.database, NOW_MS)
    assert before == after
    fishers.offer(circle, "salmon")
    assert home.rebuild(fishers.database, NOW_MS)[0] != before
    assert fishers.titles(circle) == ["cod", "hake", "salmon"]
