"""Settings are loud when wrong, and every one is in `.env.example`."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from bookingapp.settings import ROOT, Settings, env_example, load
from bookingapp.settings_checks import SettingsError

GOOD = {
    "MODE": "production",
    "SECRET_KEY": "x" * 32,
    "PUBLIC_URL": "https://lantern.example",
    "PAYMENT_GATEWAY": "razorpay",
    "RAZORPAY_KEY_ID": "rzp_live_1",
    "RAZORPAY_KEY_SECRET": "secret",
    "MAIL_TRANSPORT": "smtp",
    "MAIL_DEFAULT_SENDER": "The Lantern <tickets@lantern.example>",
}
IMAP = {
    "MAIL_BOUNCE_IMAP_SERVER": "imap.example", "MAIL_BOUNCE_IMAP_USERNAME": "u",
    "MAIL_BOUNCE_IMAP_PASSWORD": "p",
}  # fmt: skip
OAUTH = {"MAIL_OAUTH_CLIENT_ID": "app", "MAIL_OAUTH_REFRESH_TOKEN": "r"}
NO_FILE = Path("/nonexistent/.env")


def test_the_demo_needs_no_setting_at_all() -> None:
    assert load({}, NO_FILE).mode == "demo"


def test_a_whole_production_set_is_accepted() -> None:
    assert load(GOOD, NO_FILE).production


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://lantern.example"}, "PUBLIC_URL"),
        ({"PAYMENT_GATEWAY": "sandbox"}, "PAYMENT_GATEWAY"),
        ({"PAYMENT_GATEWAY": "cash"}, "PAYMENT_GATEWAY"),
        ({"RAZORPAY_KEY_SECRET": ""}, "RAZORPAY_KEY_ID"),
        ({"MAIL_TRANSPORT": "file"}, "MAIL_TRANSPORT"),
        ({"PORT": "five"}, "PORT"),
        ({"HOLD_MINUTES": "0"}, "HOLD_MINUTES"),
        ({"HOLD_MINUTES": "40"}, "HOLD_MAX_MINUTES"),
        ({"MAIL_USE_TLS": "yes", "MAIL_USE_SSL": "yes"}, "MAIL_USE_TLS"),
        ({"MAIL_USE_TLS": "perhaps"}, "MAIL_USE_TLS"),
        ({"MAIL_SERVR": "smtp.example"}, "MAIL_SERVR"),
        ({"SELLER_GSTIN": "32AAAAA0000A1Z5"}, "SELLER_GSTIN"),
        ({"CURRENCY": "rupees"}, "CURRENCY"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"SECRET_KEY_FILE": "/nonexistent/key"}, "SECRET_KEY_FILE"),
        ({"MAIL_DEADLINE_SECONDS": "60"}, "MAIL_DEADLINE_SECONDS"),
        ({"OUTBOX_KEEP_DAYS": "29"}, "OUTBOX_KEEP_DAYS"),
        ({"OUTBOX_KEEP_BYTES_DAYS": "0"}, "OUTBOX_KEEP_BYTES_DAYS"),
        ({"MAIL_OAUTH_CLIENT_ID": "app"}, "MAIL_OAUTH_REFRESH_TOKEN"),
        ({"MAIL_BOUNCE_IMAP_SERVER": "imap.example"}, "MAIL_BOUNCE_IMAP_USERNAME"),
        ({"PORT": "99999"}, "PORT"),
        ({"SANDBOX_PORT": "65536"}, "SANDBOX_PORT"),
        ({"MAIL_PORT": "99999"}, "MAIL_PORT"),
        ({"MAIL2_PORT": "65536", "MAIL2_SERVER": "relay.example"}, "MAIL2_PORT"),
        ({**IMAP, "MAIL_BOUNCE_IMAP_PORT": "99999"}, "MAIL_BOUNCE_IMAP_PORT"),
        ({"OUTBOX_POLL_SECONDS": "nan"}, "OUTBOX_POLL_SECONDS"),
        ({"OUTBOX_POLL_SECONDS": "inf"}, "OUTBOX_POLL_SECONDS"),
        ({"OUTBOX_POLL_SECONDS": "3600"}, "OUTBOX_POLL_SECONDS"),
        ({"GATEWAY_TIMEOUT_SECONDS": "inf"}, "GATEWAY_TIMEOUT_SECONDS"),
        ({"OUTBOX_BATCH": "100000"}, "OUTBOX_BATCH"),
        ({"OUTBOX_LEASE_SECONDS": "86400"}, "OUTBOX_LEASE_SECONDS"),
        ({"OUTBOX_KEEP_DAYS": "9999999999"}, "OUTBOX_KEEP_DAYS"),
        ({"MAIL_TIMEOUT_SECONDS": "9999999999999"}, "MAIL_TIMEOUT_SECONDS"),
        ({"MAIL_CONNECTIONS": "5000"}, "MAIL_CONNECTIONS"),
        ({**IMAP, "MAIL_BOUNCE_IMAP_PASSWORD": ""}, "MAIL_BOUNCE_IMAP_PASSWORD"),
        ({**IMAP, "MAIL_BOUNCE_IMAP_SERVER": ""}, "MAIL_BOUNCE_IMAP_SERVER"),
        ({"MAIL_BOUNCE_IMAP_PASSWORD": "p"}, "MAIL_BOUNCE_IMAP_SERVER"),
        ({"MAIL_BOUNCE_IMAP_FOLDER": "Returned"}, "MAIL_BOUNCE_IMAP_SERVER"),
        ({**IMAP, "MAIL_BOUNCE_IMAP_PASSWORD": "sésame"}, "MAIL_BOUNCE_IMAP_PASSWORD"),
        ({**IMAP, "MAIL_BOUNCE_IMAP_USERNAME": "büro"}, "MAIL_BOUNCE_IMAP_USERNAME"),
        ({**IMAP, "MAIL_BOUNCE_IMAP_FOLDER": "Rückläufer"}, "MAIL_BOUNCE_IMAP_FOLDER"),
        ({**IMAP, "MAIL_BOUNCE_IMAP_SERVER": "imap..example"}, "MAIL_BOUNCE_IMAP_SERVER"),
        ({"MAIL_OAUTH_REFRESH_TOKEN": "r"}, "MAIL_OAUTH_CLIENT_ID"),
        ({"MAIL_OAUTH_CLIENT_SECRET": "s"}, "MAIL_OAUTH_CLIENT_ID"),
        ({"MAIL_OAUTH_TOKEN_URL": "https://token.example"}, "MAIL_OAUTH_CLIENT_ID"),
        ({**OAUTH, "MAIL_OAUTH_TOKEN_URL": "http://token.example"}, "MAIL_OAUTH_TOKEN_URL"),
        ({**OAUTH, "MAIL_OAUTH_TOKEN_URL": "https://"}, "MAIL_OAUTH_TOKEN_URL"),
        ({**OAUTH, "MAIL_OAUTH_TOKEN_URL": "https://[token"}, "MAIL_OAUTH_TOKEN_URL"),
        ({"CONTACT_EMAIL": "not an address"}, "CONTACT_EMAIL"),
        ({"CONTACT_EMAIL": "desk@lantern.example, bar@lantern.example"}, "CONTACT_EMAIL"),
        ({"CONTACT_EMAIL": "desk@lantern"}, "CONTACT_EMAIL"),
        ({"CONTACT_EMAIL": "desk@lantern..example"}, "CONTACT_EMAIL"),
        ({"MAIL_DEFAULT_SENDER": "tickets@lantern..example"}, "MAIL_DEFAULT_SENDER"),
        ({"MAIL_DEFAULT_SENDER": "büro@lantern.example"}, "MAIL_DEFAULT_SENDER"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(
    change: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load({**GOOD, **change}, NO_FILE)
    assert str(refused.value).startswith(named)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        {"PORT": "65535", "MAIL_PORT": "65535", "OUTBOX_POLL_SECONDS": "60"},
        {"MAIL_CONNECTIONS": "50", "OUTBOX_KEEP_DAYS": "3650"},
        IMAP,
        {**IMAP, "MAIL_BOUNCE_IMAP_SERVER": "127.0.0.1"},
        {**OAUTH, "MAIL_OAUTH_TOKEN_URL": "https://token.example/t"},
        {**OAUTH, "MAIL_OAUTH_TOKEN_URL": "http://127.0.0.1:8000/t"},
        {"CONTACT_EMAIL": "desk@lantern.example"},
        {"CONTACT_EMAIL": '"The desk, Lantern" <desk@lantern.example>'},
        {"CONTACT_EMAIL": "desk@kino.münchen.example"},
    ],
)
def test_what_can_work_is_accepted(given: dict[str, str]) -> None:
    assert load({**GOOD, **given}, NO_FILE).production


def test_a_misspelt_name_in_the_env_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUBLIC_ULR=https://lantern.example\n")
    with pytest.raises(SettingsError, match="PUBLIC_ULR"):
        load({}, tmp_path / ".env")


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=5001\nHOLD_MINUTES=9\n")
    settings = load({"PORT": "5002"}, tmp_path / ".env")
    assert (settings.port, settings.hold_minutes) == (5002, 9)


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    assert load({"SECRET_KEY_FILE": str(tmp_path / "key")}, NO_FILE).secret_key == "k" * 40


def test_a_plain_postgresql_address_gets_the_driver_we_ship() -> None:
    assert Settings(database_url="postgres://u@h/db").database == "postgresql+psycopg://u@h/db"


def test_the_process_stops_with_that_line_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env={"MODE": "production"}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.strip().startswith("Matinee can't start: SECRET_KEY must have 32 characters")
    assert "Traceback" not in done.stderr


def test_every_setting_may_be_given_by_its_name() -> None:
    """Also the one whose own name ends like the name of a file with a value: MAIL_CA_FILE."""
    given = {f.name.upper(): "" if f.default is None else str(f.default) for f in fields(Settings)}
    assert load(given, NO_FILE) == load({}, NO_FILE)


def test_the_example_file_is_made_from_the_settings() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert text == env_example(), "run: make example"


def test_the_example_file_lists_every_setting_with_its_meaning_and_no_other() -> None:
    lines = env_example().splitlines()
    named = {
        re.sub(r"^# ([A-Z0-9_]+)=.*", r"\1", line): lines[number - 1]
        for number, line in enumerate(lines)
        if re.match(r"# [A-Z0-9_]+=", line)
    }
    assert named == {f.name.upper(): f"# {f.metadata['meaning']}" for f in fields(Settings)}


def test_the_example_file_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^# (?=[A-Z0-9_]+=)", "", env_example())
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    assert load({}, tmp_path / ".env") == load({}, NO_FILE)
