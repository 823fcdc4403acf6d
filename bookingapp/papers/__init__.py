"""The papers of the books: invoices and credit notes, numbered without a gap. Start at issue.py."""
