"""A store of one trie in dictionaries."""

from bisect import bisect_left


class Tries:
    """What `protocol.trie.TrieStore` asks for."""

    def __init__(self) -> None:
        self.leaves: dict[bytes, bytes] = {}
        self.nodes: dict[str, bytes] = {}

    def leaf(self, key: bytes) -> bytes | None:
        return self.leaves.get(key)

    def set_leaf(self, key: bytes, value: bytes | None) -> None:
        self.leaves.pop(key, None)
        if value is not None:
            self.leaves[key] = value

    def neighbours(self, key: bytes) -> list[bytes]:
        others = sorted(self.leaves.keys() - {key})
        place = bisect_left(others, key)
        return others[max(place - 1, 0) : place + 1]

    def first_two(self, prefix: str) -> list[tuple[bytes, bytes]]:
        below = sorted(key for key in self.leaves if key.hex().startswith(prefix))
        return [(key, self.leaves[key]) for key in below[:2]]

    def node(self, prefix: str) -> bytes | None:
        return self.nodes.get(prefix)

    def set_node(self, prefix: str, children: bytes | None) -> None:
        self.nodes.pop(prefix, None)
        if children is not None:
            self.nodes[prefix] = children
