"""A report as a file is read cell by cell into what the API would have told, or refused with the place named."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.errors import Refused
from bookingapp.payments import settlement_file as file
from bookingapp.payments import settlement_file_rules as rules
from bookingapp.payments.answers import ReportLine
from tests.payments.reports import COMBINED, PAYMENT, combined, recon, written

THE_API_S = ReportLine.read(
    {
        "entity_id": "pay_ABC12", "type": "payment", "debit": 0, "credit": 17576, "amount": 18000,
        "currency": "INR", "fee": 424, "tax": 64, "settled_at": int(datetime(2026, 11, 22, 6, 30, tzinfo=UTC).timestamp()),
        "settlement_id": "setl_ABCDEF", "settlement_utr": "UTR77", "order_id": "order_1234",
        "order_receipt": "BK12345678-1", "method": "upi", "payment_id": None,
    }
)  # fmt: skip


def test_the_combined_report_says_what_the_api_says() -> None:
    (told,) = file.read(combined({})).lines
    assert (told.number, told.line, told.day) == (2, THE_API_S, date(2026, 11, 22))


def test_the_recon_report_s_fee_gets_its_tax_back() -> None:
    (told,) = file.read(recon({})).lines
    line = told.line
    assert (line.kind, line.amount, line.credit) == ("payment", 18000, 17576)
    assert (line.fee, line.tax) == (424, 64)
    assert line.settled_at == datetime(2026, 11, 22, 14, 45, tzinfo=UTC)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_mark_spreadsheets_put_in_front_does_not_matter(mark: bytes) -> None:
    assert file.read(mark + combined({})).lines[0].line == THE_API_S


def test_columns_may_stand_anywhere_and_in_capitals() -> None:
    head, *rest = written(COMBINED[::-1], [PAYMENT]).decode().split("\r\n")
    text = "\r\n".join([head.upper().replace("ENTITY_ID", " Entity_ID "), *rest])
    assert file.read(text.encode()).lines[0].line == THE_API_S


def test_money_on_hold_has_no_settlement_and_the_day_it_came() -> None:
    (told,) = file.read(combined({"settlement_id": "", "settled_at": ""})).lines
    assert (told.line.settlement_id, told.line.settled_at) == ("", None)
    assert told.day == date(2026, 11, 20)


def test_a_line_that_only_adds_up_the_others_is_passed_over() -> None:
    report = file.read(
        combined({}, {"type": "settlement", "entity_id": "setl_ABCDEF", "debit": "175.76"})
    )
    assert (len(report.lines), report.sums) == (1, 1)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    data = combined({"notes": "two\nlines"}, {}) + b"\r\n,,,\r\n"
    assert [told.number for told in file.read(data).lines] == [2, 4]


@pytest.mark.parametrize(
    ("text", "minor"),
    [("180", 18000), ("180.5", 18050), ("180.50", 18050), ("180.5000", 18050), ("1,180.00", 118000),
     ("1,00,180.00", 10018000), ("0", 0), ("", 0), ("21474836.47", 2147483647)],
)  # fmt: skip
def test_sums_are_whole_units_with_decimals(text: str, minor: int) -> None:
    assert file.read(combined({"tax": text})).lines[0].line.tax == minor


def test_a_currency_without_cents_has_none() -> None:
    assert rules.one_sum("180", "JPY") == 180
    assert rules.one_sum("180.5", "JPY") is None


@pytest.mark.parametrize(
    ("cells", "refusal", "column"),
    [
        ({"amount": "180,50"}, rules.ReportCellNoSum, "amount"),
        ({"amount": "-180.00"}, rules.ReportCellNoSum, "amount"),
        ({"amount": "180.005"}, rules.ReportCellNoSum, "amount"),
        ({"amount": "1.8E+02"}, rules.ReportCellNoSum, "amount"),
        ({"amount": "₹180"}, rules.ReportCellNoSum, "amount"),
        ({"amount": "१८०"}, rules.ReportCellNoSum, "amount"),
        ({"amount": "21474836.48"}, rules.ReportCellNoSum, "amount"),
        ({"tax": "none"}, rules.ReportCellNoSum, "tax"),
        ({"settled_at": "1790000000"}, rules.ReportCellNoDay, "settled_at"),
        ({"created_at": "1790000000"}, rules.ReportCellNoDay, "created_at"),
        ({"settled_at": "31-02-2026"}, rules.ReportCellNoDay, "settled_at"),
        ({"settled_at": "0001-01-01"}, rules.ReportCellNoDay, "settled_at"),
        ({"entity_id": "'; DROP"}, rules.ReportCellOdd, "entity_id"),
        ({"entity_id": ""}, rules.ReportCellOdd, "entity_id"),
        ({"settlement_id": "x"}, rules.ReportCellOdd, "settlement_id"),
        ({"currency": "rupees"}, rules.ReportCellOdd, "currency"),
        ({"type": ""}, rules.ReportCellOdd, "type"),
    ],
)
def test_a_cell_that_can_t_be_is_named_by_line_and_column(
    cells: dict[str, str], refusal: type[Refused], column: str
) -> None:
    with pytest.raises(refusal) as refused:
        file.read(combined({}, cells))
    assert type(refused.value) is refusal
    assert (refused.value.values["line"], refused.value.values["column"]) == (3, column)
    assert refused.value.values["said"] == next(iter(cells.values()))


def test_a_column_is_named_as_the_file_names_it() -> None:
    with pytest.raises(rules.ReportCellNoSum) as refused:
        file.read(recon({"fee (exclusive tax)": "much"}))
    assert refused.value.values["column"] == "fee (exclusive tax)"


@pytest.mark.parametrize(
    ("text", "at"),
    [("2026-11-22", (22, 6, 30)), ("22-11-2026", (22, 6, 30)), ("22/11/2026", (22, 6, 30)),
     ("2026-11-22T20:15:00", (22, 14, 45)), ("22/11/2026 20:15:00", (22, 14, 45)),
     ("2026-11-22 01:15", (21, 19, 45)), ("2026-11-22T20:15:00Z", (22, 20, 15)),
     ("2026-11-22T20:15:00+00:00", (22, 20, 15))],
)  # fmt: skip
def test_days_are_the_gateway_s(text: str, at: tuple[int, int, int]) -> None:
    found = rules.one_day(text)
    assert found is not None
    assert found.astimezone(UTC) == datetime(2026, 11, *at, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", rules.ReportMissing),
        (b"PK\x03\x04\xff\xfe", rules.ReportNoText),
        ("entity_id,type\n".encode("utf-16"), rules.ReportNoText),
        (b"\n\n", rules.ReportWithoutColumns),
        (b"\xef\xbb\xbf", rules.ReportWithoutColumns),
        (combined(), rules.ReportEmpty),
        (combined({}).replace(b",", b";"), rules.ReportWithoutColumns),
        (combined({})[:-30], rules.ReportRowBroken),
        (combined({}).rstrip() + b",more", rules.ReportRowBroken),
        (combined({}) + b'"never ends', rules.ReportRowBroken),
        (combined({}) + b'"' + b"x" * 200_000 + b'"', rules.ReportRowBroken),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        file.read(data)


def test_the_columns_that_are_missing_are_named() -> None:
    with pytest.raises(rules.ReportWithoutColumns) as refused:
        file.read(combined({}).replace(b"settlement_id", b"id").replace(b"fee", b"fees"))
    assert refused.value.values["columns"] == ["fee", "settlement_id"]


def test_a_report_of_years_is_to_be_sent_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "MOST_LINES", 2)
    assert len(file.read(combined({}, {})).lines) == 2
    with pytest.raises(rules.ReportTooLong):
        file.read(combined({}, {}, {}))


HEAD = ",".join(COMBINED).encode() + b"\r\n"
CELLS = st.lists(
    st.text(max_size=12) | st.sampled_from([*PAYMENT.values(), '"', "\r\n", "\0"]), max_size=30
)


@given(
    st.binary() | st.builds(lambda cells: HEAD + ",".join(cells).encode("utf-8", "replace"), CELLS)
)
def test_any_bytes_end_in_lines_or_in_a_refusal(data: bytes) -> None:
    try:
        report = file.read(data)
    except Refused:
        return
    assert report.lines


@given(
    st.dictionaries(st.sampled_from(sorted(PAYMENT)), st.text(max_size=15), min_size=1, max_size=3)
)
def test_any_cells_end_in_a_line_or_in_a_refusal(cells: dict[str, str]) -> None:
    try:
        (told,) = file.read(combined(cells)).lines
    except Refused:
        return
    assert (
        min(told.line.amount, told.line.credit, told.line.debit, told.line.fee, told.line.tax) >= 0
    )


@given(st.integers(0, 2**31 - 1), st.sampled_from(["INR", "JPY", "KWD"]))
def test_every_sum_comes_back_to_the_last_paisa(minor: int, currency: str) -> None:
    digits = {"INR": 2, "JPY": 0, "KWD": 3}[currency]
    whole, part = divmod(minor, 10**digits)
    text = f"{whole}.{part:0{digits}}" if digits else str(whole)
    assert rules.one_sum(text, currency) == minor
