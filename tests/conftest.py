"""What every test shares: the `--long` option, the `long` marker and the hypothesis profiles."""

import pytest
from hypothesis import HealthCheck, settings

SHORT_EXAMPLES_MAX = 60
LONG_EXAMPLES_MAX = 2_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="also run the tests marked long, and many more examples of each law",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; runs only with --long")
    settings.load_profile("long" if config.getoption("--long") else "short")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    left_out = [item for item in items if "long" in item.keywords]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if "long" not in item.keywords]


def register_profile(name: str, examples_max: int) -> None:
    settings.register_profile(
        name,
        max_examples=examples_max,
        derandomize=False,  # every run looks elsewhere; a failure prints the blob that replays it
        print_blob=True,
        deadline=None,  # a slow machine is no broken law
        suppress_health_check=[HealthCheck.too_slow],
    )


register_profile("short", SHORT_EXAMPLES_MAX)
register_profile("long", LONG_EXAMPLES_MAX)
