"""API: JSON routes below `/api/v1`, one short module a resource, all in one table."""
