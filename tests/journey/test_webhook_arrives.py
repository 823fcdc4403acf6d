"""The demo's own gateway tells the house of money, though nobody comes back."""

from tests.house import House, wait_for
from tests.torture.people import Person


def test_who_closes_the_browser_is_confirmed_by_the_gateways_event(house: House) -> None:
    person = Person(house)
    programme = person.see("/")
    showing = int(programme.split("/showtime/", 1)[1].split('"', 1)[0].split("?")[0])
    person.looks_at_seats(showing)
    free = person.see(f"/showtime/{showing}").split('name="seat" value="')
    seat = next(part.split('"', 1)[0] for part in free[1:] if "disabled" not in part.split(">")[0])
    person.goes_to_the_gateway(showing, seat)
    person.pays("silent")
    wait_for(person.has_a_ticket, "ticket")
    wait_for(lambda: "event payment.captured: settled" in house.log, "event in the log")
