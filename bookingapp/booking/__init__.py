"""Hold, pay, settle, show. hold.py, confirm.py and settle.py are the steps; service.py the deeds."""
