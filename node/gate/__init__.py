"""Gate: what every request passes before the API or a page sees it: who asks, and how much."""
