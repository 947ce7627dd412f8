"""`scripts/screenshots`: what it takes pictures of is there, and the README's own are small."""

import re
import runpy

from node.web.pages import ROUTES
from tests.node.cli.processes import ROOT

SCRIPT = runpy.run_path(str(ROOT / "scripts" / "screenshots"))


def test_each_page_that_it_takes_is_a_page_of_the_node() -> None:
    paths = {route.path for route in ROUTES if route.method == "GET"}
    for _, path in SCRIPT["PAGES"]:
        assert re.split("[? ]", path)[0] in paths


def test_the_pictures_of_the_readme_are_small_and_shown() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for file, _, _ in SCRIPT["README"]:
        assert str(file.relative_to(ROOT)) in readme
        assert file.stat().st_size <= SCRIPT["README_BYTES_MAX"]
