"""People who sign in: staff, later customers.

Start at service.py (what people can do) and session.py (how a browser stays signed in).
"""
