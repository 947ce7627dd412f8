"""Views: rows of the store as frozen values that the API and the pages show alike.

Functions of a reader's connection (`read` brings them there) and of now. Ids are in their text
form. They never write, and never decide what is valid.
"""

from node.store.reading import Connection, read

__all__ = ["Connection", "read"]
