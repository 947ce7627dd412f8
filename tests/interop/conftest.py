"""Fixtures for files that the program wrote and verdicts that it gave, as a black box."""

from collections.abc import Iterator

import pytest

from tests.interop.command_line import Verifier, verifying


@pytest.fixture(scope="session")
def log_verify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verifier]:
    """`coop-node log verify` of bytes."""
    with verifying(tmp_path_factory.mktemp("verify")) as verifier:
        yield verifier
