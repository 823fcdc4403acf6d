"""What can be sold: theaters, screens, seats, movies, showtimes, prices. Start at models.py."""
