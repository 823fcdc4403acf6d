"""What a template says: escaped, filled in, in the language being spoken, looked up once."""

import pytest
from flask import Flask, render_template_string
from flask_babel import get_translations

from bookingapp.web.i18n import force_locale, language

# the database is not asked
pytestmark = pytest.mark.engine("sqlite")


def said(app: Flask, template: str, **values: object) -> str:
    with app.test_request_context("/"):
        return render_template_string(template, **values)


def test_what_is_filled_in_is_escaped_and_the_words_are_not(app: Flask) -> None:
    assert said(app, "{{ _('<b>%(who)s</b>', who=who) }}", who="<O'Hara>") == (
        "<b>&lt;O&#39;Hara&gt;</b>"
    )
    assert said(app, "{% trans who=who %}<b>{{ who }}</b>{% endtrans %}", who="<i>") == (
        "<b>&lt;i&gt;</b>"
    )


def test_a_percent_sign_is_written_twice_with_values_and_without(app: Flask) -> None:
    assert said(app, "{{ _('50 %% off') }}, {{ _('%(n)s %% off', n=5) }}") == "50 % off, 5 % off"


@pytest.mark.parametrize(("number", "words"), [(1, "1 seat"), (2, "2 seats"), (0, "0 seats")])
def test_numbers_choose_their_form(app: Flask, number: int, words: str) -> None:
    assert said(app, "{{ ngettext('%(num)s seat', '%(num)s seats', n) }}", n=number) == words


def test_a_letter_in_another_language_leaves_the_page_in_its_own(app: Flask) -> None:
    with app.test_request_context("/"):
        spoken, catalogue = language(), get_translations()
        with force_locale("de"):
            assert language() == "de"
            with force_locale("fr"):
                assert language() == "fr"
            assert language() == "de"
        assert language() == spoken
        assert get_translations() is catalogue
