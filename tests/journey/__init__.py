"""A customer's whole way, in a real browser against the real processes."""
