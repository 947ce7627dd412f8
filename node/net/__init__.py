"""Net: sockets on one side, `protocol.session` on the other; dialling, back-off, limits."""
