"""The store: the node's SQLite replica; all SQL lives here, and nothing here decides a rule."""
