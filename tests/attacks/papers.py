"""Attacks on tax laws, invoices and promo codes."""

from tests.attacks.attacker import Attacker


def two_laws_from_one_day(attack: Attacker) -> None:
    for _ in range(2):
        attack.insert("tax_rule")


def two_bands_without_a_limit(attack: Attacker) -> None:
    law = attack.insert("tax_rule")
    for _ in range(2):
        attack.insert("tax_band", tax_rule_id=law)


def a_tax_of_more_than_the_price(attack: Attacker) -> None:
    law = attack.insert("tax_rule")
    attack.insert("tax_band", tax_rule_id=law, rate=10_001)


def two_invoices_for_one_booking(attack: Attacker) -> None:
    booking = attack.insert("booking")
    for _ in range(2):
        attack.insert("invoice", booking_id=booking)


def one_invoice_number_given_twice(attack: Attacker) -> None:
    for _ in range(2):
        attack.insert("invoice", booking_id=attack.insert("booking"), number="26-27/000001")


def one_place_in_a_fiscal_year_given_twice(attack: Attacker) -> None:
    for _ in range(2):
        attack.insert("invoice", booking_id=attack.insert("booking"), sequence=7)


def an_invoice_for_nothing(attack: Attacker) -> None:
    attack.insert("invoice", booking_id=attack.insert("booking"), total=0, tax=0)


def a_code_that_takes_off_twice(attack: Attacker) -> None:
    attack.insert("promo_code", percent=10, amount=500)


def a_code_of_more_than_everything(attack: Attacker) -> None:
    attack.insert("promo_code", percent=101)


def one_code_in_two_spellings(attack: Attacker) -> None:
    attack.insert("promo_code", code="Friends")


ATTACKS = (
    two_laws_from_one_day, two_bands_without_a_limit, a_tax_of_more_than_the_price,
    two_invoices_for_one_booking, one_invoice_number_given_twice,
    one_place_in_a_fiscal_year_given_twice, an_invoice_for_nothing, a_code_that_takes_off_twice,
    a_code_of_more_than_everything, one_code_in_two_spellings,
)  # fmt: skip
