"""A stolen device: a thief that signs with the keys of a co-op, and what the co-op does then."""

from dataclasses import dataclass

from node import acts, devices, ingest
from node.author import Author, Published
from protocol.keyevents import Device
from protocol.keylog import Signed
from protocol.keys import agreement_public
from tests.coops import NOW_MS, Coop, Talk, join

LATER_MS = NOW_MS + 60_000


@dataclass
class Theft:
    """Fishers found a circle, growers join; the thief holds a copy of the growers' folder."""

    circle: bytes
    fishers: Coop
    growers: Coop
    thief: Coop

    def thief_tells(self, published: Published, *others: Coop) -> None:
        for one in others or (self.fishers,):
            ingest.ingest_paths(one.database, self.circle, published.paths, LATER_MS, live=True)

    def revoke(self, until_ms: int | None = NOW_MS + 10_000) -> Signed:
        """The growers type in their words; what was dated until a time stays theirs."""
        growers = self.growers
        return devices.revoke(
            growers.database, growers.id, growers.recovery, growers.device, growers.draw,
            until_ms=until_ms,
        )  # fmt: skip

    def new_device(self) -> Coop:
        """The growers on a new machine, with what their old one had."""
        growers = self.growers
        machine = Coop("new machine")
        noise = agreement_public(machine.keyring.noise_private)
        fields = Device(noise=noise, sign=machine.device)
        devices.add(growers.database, growers.id, growers.recovery, fields, growers.draw)
        growers.keyring, growers.device = machine.keyring, machine.device
        growers.author = Author(growers.id, machine.keyring.device_seed)
        return growers

    def affirm(self, *records: bytes) -> Published:
        signing = self.growers.signing(now_ms=LATER_MS)
        return acts.affirm(self.growers.database, signing, self.circle, records)


def stolen() -> Theft:
    fishers, growers = Coop("fishers"), Coop("growers")
    circle = fishers.found()
    join(circle, fishers, growers)
    growers.offer(circle, "honest")
    Talk(fishers, growers).hello()
    return Theft(circle, fishers, growers, growers.copy())
