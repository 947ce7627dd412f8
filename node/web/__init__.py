"""Web: pages for people, in plain HTML that needs no script."""
