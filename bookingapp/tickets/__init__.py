"""Tickets and the booking's one code. Start at issue.py."""
