"""The shell around the protocol: sockets, storage, pages and commands of one co-op's own node."""

__version__ = "0.1.0"
