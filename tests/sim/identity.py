"""A co-op's keys, drawn from a seed: the same draws give the same co-op."""

from collections.abc import Callable

from protocol.keyevents import Device, Inception, RecoverySet
from protocol.keylog import Signed, event_hash, write_event
from protocol.keys import (
    Network,
    agreement_public,
    controller_seed,
    sealing_private,
    sign,
    signing_pair,
)

Draw = Callable[[int], bytes]


class Identity:
    """A co-op with its inception and the seeds of its devices."""

    def __init__(self, network: Network, draw: Draw, devices: int = 1) -> None:
        recovery = draw(32)
        drawn = [draw(32) for _ in range(devices)]
        self.seeds = sorted(drawn, key=lambda one: signing_pair(one)[0])
        controller, secret = signing_pair(controller_seed(network, recovery, 0))
        following, _ = signing_pair(controller_seed(network, recovery, 1))
        fields = Inception(
            controller=controller,
            devices=tuple(
                Device(noise=agreement_public(draw(32)), sign=_public(seed)) for seed in self.seeds
            ),
            next_controller=network.hash(b"next", following),
            recovery=RecoverySet(keys=(), threshold=0),
            sealing=agreement_public(sealing_private(network, recovery, 0)),
            witnesses=(),
        )
        event = write_event("key.inception/1", None, 0, None, draw(16), fields)
        self.coop = event_hash(network, event)
        self.inception = Signed(event, ((controller, sign(secret, self.coop)),))


def _public(seed: bytes) -> bytes:
    return signing_pair(seed)[0]
