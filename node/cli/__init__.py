"""The command line: one short module a family of verbs, over the API of the running node.

`command_line` puts them together, `verb` runs them, `client` speaks to the node. It never writes
a running node's database; `offline` works on a folder that it has locked.
"""
