"""Real SMTP servers for tests."""
