"""The report's form in a real browser: it sends the file, and what it answers is read by everybody."""

import pytest
from playwright.sync_api import Page, expect

from tests.admin.conftest import Open
from tests.admin.rows import Rows
from tests.pages.audit import Findings, audit
from tests.payments.reports import combined


def send(page: Page, data: bytes) -> None:
    """Choose a file and press the button."""
    page.get_by_label("Settlement recon report, CSV").set_input_files(
        {"name": "recon.csv", "mimeType": "text/csv", "buffer": data}
    )
    page.get_by_role("button", name="Read the file").click()


@pytest.mark.engine("sqlite")  # the browser is what this is about
def test_a_file_is_sent_and_what_is_wrong_with_it_is_told_where_it_was_chosen(
    office: Open, rows: Rows
) -> None:
    page = office()
    page.goto("/office/settlements")
    send(page, combined({"amount": "180,50"}))
    field = page.get_by_label("Settlement recon report, CSV")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(
        "! Line 2, column amount: “180,50” is no sum. Nothing was read. Sums are written like 1180.50,"
        " as in the gateway's dashboard. From the gateway's dashboard, unchanged, up to 5 MB."
    )
    send(page, combined({}))
    expect(page.get_by_text("One line read: 1 new.")).to_be_visible()
    send(page, combined({"amount": "170.00"}))
    expect(page.get_by_text("amount is ₹170.00 in the file, ₹180.00 here.")).to_be_visible()
    seen = Findings()
    audit(page, seen)
    assert not any(seen.axe.values()), seen.axe
    assert not any(seen.too_wide.values()), seen.too_wide
