"""The outbox and its letters: owed, rendered, sent, retried, against real mail servers."""
