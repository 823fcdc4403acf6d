"""Storms, races and crashes against the real processes; small in `make test`, full in `make torture`."""
