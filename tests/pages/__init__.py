"""Every page in every state, seen in a real browser against the real processes."""
