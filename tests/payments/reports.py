"""The gateway's settlement report as its dashboard gives it out, in both layouts, for tests that send it."""

import csv
import io

COMBINED = [
    "entity_id",
    "type",
    "debit",
    "credit",
    "amount",
    "currency",
    "fee",
    "tax",
    "on_hold",
    "settled",
    "created_at",
    "settled_at",
    "settlement_id",
    "description",
    "notes",
    "payment_id",
    "arn",
    "settlement_utr",
    "order_id",
    "order_receipt",
    "method",
    "upi_flow",
    "card_network",
    "card_issuer",
    "card_type",
    "dispute_id",
    "additional_utr",
]
RECON = [
    "transaction_entity",
    "entity_id",
    "amount",
    "currency",
    "fee (exclusive tax)",
    "tax",
    "debit",
    "credit",
    "payment_method",
    "card_type",
    "issuer_name",
    "entity_created_at",
    "payment_captured_at",
    "payment_notes",
    "refund_notes",
    "arn",
    "entity_description",
    "order_id",
    "order_receipt",
    "order_notes",
    "dispute_id",
    "dispute_created_at",
    "dispute_reason",
    "settlement_id",
    "settled_at",
    "settlement_utr",
    "settled_by",
]
# 180 rupees, 2 % and 18 % tax on that; settled on the 22nd of November
PAYMENT = {
    "entity_id": "pay_ABC12", "type": "payment", "debit": "0", "credit": "175.76", "amount": "180.00",
    "currency": "INR", "fee": "4.24", "tax": "0.64", "on_hold": "0", "settled": "1",
    "created_at": "20/11/2026 19:04:11", "settled_at": "22-11-2026", "settlement_id": "setl_ABCDEF",
    "settlement_utr": "UTR77", "order_id": "order_1234", "order_receipt": "BK12345678-1", "method": "upi",
    "notes": '{"booking": "BK12345678, ""Asha"""}',
}  # fmt: skip
# the same line as the other report tells it
RECON_PAYMENT = {
    "transaction_entity": "payment", "entity_id": "pay_ABC12", "amount": "180.0", "currency": "INR",
    "fee (exclusive tax)": "3.6", "tax": "0.64", "debit": "0.0", "credit": "175.76",
    "payment_method": "upi", "entity_created_at": "2026-11-20T19:04:11", "settlement_id": "setl_ABCDEF",
    "settled_at": "2026-11-22T20:15:00", "settlement_utr": "UTR77", "order_receipt": "BK12345678-1",
}  # fmt: skip


def combined(*rows: dict[str, str]) -> bytes:
    """A combined report, each row a change of PAYMENT."""
    return written(COMBINED, [{**PAYMENT, **row} for row in rows])


def recon(*rows: dict[str, str]) -> bytes:
    """A settlement recon report, each row a change of RECON_PAYMENT."""
    return written(RECON, [{**RECON_PAYMENT, **row} for row in rows])


def written(columns: list[str], rows: list[dict[str, str]]) -> bytes:
    """A CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
