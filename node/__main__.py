"""`python -m node` and the command `coop-node`."""

from node.cli.command_line import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
