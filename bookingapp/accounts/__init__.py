"""People who sign in: staff, later customers. Start at service.py."""
