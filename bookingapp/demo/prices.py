"""Ticket types, seat categories and price cards, in rupees with tax inside.

India taxes a ticket of up to 100 rupees at 5 %, a dearer one at 18 %. A price between 105 and 118.01 with
tax inside would be neither, so there is none.
"""

from bookingapp.demo.week import Show

TICKET_TYPES = ("Adult", "Child under 12", "Senior from 60")
# Category and the stock and shape it has on plans and tickets.
CATEGORIES = {
    "Front": "front",
    "Stalls": "stalls",
    "Balcony": "balcony",
    "Studio": "stalls",
    "Box": "box",
}

STANDARD, LIVE, SHORT = "Standard", "Live music", "Short film"
# Card and category: adult, child, senior.
RUPEES = {
    STANDARD: {
        "Front": (120, 60, 95),
        "Stalls": (180, 100, 140),
        "Balcony": (260, 140, 200),
        "Studio": (200, 120, 150),
        "Box": (320, 180, 250),
    },
    LIVE: {
        "Front": (150, 80, 120),
        "Stalls": (220, 120, 170),
        "Balcony": (300, 160, 230),
        "Studio": (240, 140, 180),
        "Box": (360, 200, 280),
    },
    SHORT: {
        "Front": (60, 35, 45),
        "Stalls": (80, 45, 60),
        "Balcony": (100, 55, 80),
        "Studio": (80, 45, 60),
        "Box": (140, 80, 100),
    },
}
SHORT_FILM_MINUTES = 30


def card_of(show: Show, minutes: int) -> str:
    """Which card a showing is sold by."""
    if show.live:
        return LIVE
    return SHORT if minutes <= SHORT_FILM_MINUTES else STANDARD
