"""The outbox: messages.py names every letter, outbox.py owes one, drain.py sends what is due."""
