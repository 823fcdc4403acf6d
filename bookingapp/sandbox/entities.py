"""Rows to Razorpay's entities: the same field names, the same odd corners."""

import json
import sqlite3

Entity = dict[str, object]


def notes_of(row: sqlite3.Row) -> object:
    """Razorpay (written in PHP) shows empty notes as a list, filled ones as an object."""
    return json.loads(row["notes"]) or []


def order_entity(row: sqlite3.Row) -> Entity:
    return {
        "id": row["id"],
        "entity": "order",
        "amount": row["amount"],
        "amount_paid": row["amount_paid"],
        "amount_due": max(0, row["amount"] - row["amount_paid"]),
        "currency": row["currency"],
        "receipt": row["receipt"],
        "offer_id": None,
        "status": row["status"],
        "attempts": row["attempts"],
        "notes": notes_of(row),
        "created_at": int(row["created_at"]),
    }


def payment_entity(row: sqlite3.Row) -> Entity:
    return {
        "id": row["id"],
        "entity": "payment",
        "amount": row["amount"],
        "currency": row["currency"],
        "status": row["status"],
        "order_id": row["order_id"],
        "invoice_id": None,
        "international": False,
        "method": row["method"],
        "amount_refunded": row["amount_refunded"],
        "refund_status": refund_status(row),
        "captured": bool(row["captured"]),
        "description": row["description"],
        "card_id": None,
        "bank": None,
        "wallet": None,
        "vpa": None,
        "email": row["email"],
        "contact": row["contact"],
        "notes": notes_of(row),
        "fee": row["fee"],
        "tax": row["tax"],
        **error_fields(row),
        "acquirer_data": {},
        "created_at": int(row["created_at"]),
    }


def error_fields(row: sqlite3.Row) -> Entity:
    names = ("error_code", "error_description", "error_source", "error_step", "error_reason")
    return {name: row[name] for name in names}


def refund_status(payment: sqlite3.Row) -> str | None:
    if payment["amount_refunded"] == 0:
        return None
    return "full" if payment["amount_refunded"] >= payment["amount"] else "partial"


def refund_entity(row: sqlite3.Row) -> Entity:
    done = row["status"] == "processed"
    return {
        "id": row["id"],
        "entity": "refund",
        "amount": row["amount"],
        "currency": row["currency"],
        "payment_id": row["payment_id"],
        "notes": notes_of(row),
        "receipt": row["receipt"],
        "acquirer_data": {"arn": None},
        "created_at": int(row["created_at"]),
        "batch_id": None,
        "status": row["status"],
        "speed_processed": "normal" if done else None,
        "speed_requested": row["speed"],
    }


def collection(items: list[Entity]) -> Entity:
    return {"entity": "collection", "count": len(items), "items": items}
