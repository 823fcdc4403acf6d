"""Whatever happens in whatever order: money in = tickets + refunded + money page + kept, always.

See `money_machine.py`: Hypothesis drives it, small here and at full size by `make torture`.
"""

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.booking.money_machine import machine
from tests.factories import Cinema

SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


def run(app: Flask, cinema: Cinema, examples: int, steps: int) -> None:
    """So many histories of at most so many steps."""
    cinema.staff("manager")
    how = settings(max_examples=examples, stateful_step_count=steps, deadline=None,
                   suppress_health_check=SLOW, print_blob=True)  # fmt: skip
    run_state_machine_as_test(machine(app, cinema), settings=how)


@pytest.mark.timeout(300)  # a crowded machine is slow; the rules hold all the same
def test_money_seats_and_letters_add_up_in_every_order_of_events(
    app: Flask, cinema: Cinema
) -> None:
    run(app, cinema, 6, 25)


@pytest.mark.engine("sqlite")  # it is about what the truths see; chance tries both engines
def test_a_loss_that_chance_seldom_finds_is_seen_too(app: Flask, cinema: Cinema) -> None:
    """A seat is cancelled after the move and before the letter that tells of it went."""
    cinema.staff("manager")
    history = machine(app, cinema)()
    history.two_begin_to_pay()
    history.pay("c", 0)
    history.come_back(0)
    history.send_mail()
    history.move()
    history.settle_changes()
    history.all_is_well()
    history.cancel("c", 1)
    history.all_is_well()
    history.send_mail()
    history.all_is_well()
    history.teardown()


@pytest.mark.torture
@pytest.mark.timeout(1800)
def test_money_seats_and_letters_add_up_in_very_many_orders_of_events(
    app: Flask, cinema: Cinema
) -> None:
    run(app, cinema, 400, 60)
