"""Takes the pictures: `python -m tests.shots`, from the repository's root."""

import base64
import email
import email.policy
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import FLAGS, chromium_path
from tests.house import ROOT, House
from tests.pages.afternoon import AfternoonHouse
from tests.pages.audit import SCHEMES, STILL
from tests.pages.walk import STOPS, walk
from tests.shots.pictures import keep, side_by_side

DOCS = ROOT / "docs"
SHOTS = DOCS / "screenshots"
WIDTHS = (360, 1280)
MAIL_WIDTHS = (360, 640)
MOST_BYTES = 8_000_000
WINDOW_ONLY = {"pay"}  # a pop-up fills the window, not the page


def main() -> None:
    """A demo cinema of its own, one walk, and the pages that show the pictures."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for old in SHOTS.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        house = AfternoonHouse(Path(folder))
        house.flask("db", "upgrade")
        house.flask("demo")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        house.open()
        try:
            walk(house, browser, shoot)
            shoot_mail(browser, house)
        finally:
            house.close()
    phones = [SHOTS / f"{name}-360-light.png" for name in ("programme", "seats-chosen", "booking")]
    side_by_side(phones, DOCS / "matinee.png")
    (DOCS / "screenshots.md").write_text(listing(), encoding="utf-8")
    weight = sum(path.stat().st_size for path in SHOTS.iterdir())
    print(f"{len(list(SHOTS.iterdir()))} pictures, {weight // 1000} kB, in docs/screenshots")  # noqa: T201
    if weight > MOST_BYTES:
        sys.exit("The pictures are too heavy for a repository: more than 8 MB.")


def shoot(name: str, page: Page) -> None:
    """A page at both widths, by day and night."""
    page.evaluate(STILL)
    for width in WIDTHS:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            take(page, SHOTS / f"{name}-{width}-{scheme}.png", width, whole=name not in WINDOW_ONLY)
    page.set_viewport_size({"width": 1280, "height": 800})


def take(page: Page, path: Path, width: int, *, whole: bool = True) -> None:
    """The window is made as high as the page, so that what sticks to its foot is at the foot."""
    page.set_viewport_size({"width": width, "height": 800})
    if whole:
        high = page.evaluate("() => document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(high, 640)})
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    page.evaluate("() => document.fonts.ready")
    keep(page.screenshot(animations="disabled"), path)


def shoot_mail(browser: Browser, house: House) -> None:
    """The confirmation as a mail program shows it, its code in its place."""
    newest = email.message_from_bytes(house.mails()[0].read_bytes(), policy=email.policy.default)
    pictures = {
        str(part["Content-ID"]).strip("<>"): base64.b64encode(part.get_content()).decode()
        for part in newest.walk()
        if part["Content-ID"]
    }
    html = next(p.get_content() for p in newest.walk() if p.get_content_type() == "text/html")
    html = re.sub(
        r"cid:([^\"']+)", lambda found: f"data:image/png;base64,{pictures[found[1]]}", html
    )
    page = browser.new_page()
    page.set_content(html)
    for width in MAIL_WIDTHS:
        take(page, SHOTS / f"mail-confirmation-{width}.png", width)
    page.close()


def listing() -> str:
    """The page that shows them all."""
    head = (
        "# Every page, on a phone and a desk, by day and night\n\n"
        "Taken from the demo cinema by `make shots`.\n\n"
        "## The ticket's mail\n\n| phone | desk |\n|---|---|\n"
        "| ![360 pixels wide](screenshots/mail-confirmation-360.png) "
        "| ![640 pixels wide](screenshots/mail-confirmation-640.png) |\n\n## Pages\n\n"
        "| page | phone, day | phone, night | desk, day | desk, night |\n|---|---|---|---|---|\n"
    )
    return head + "".join(f"| {row(name)} |\n" for name in STOPS)


def row(name: str) -> str:
    """A page's four pictures."""
    words = name.replace("-", " ")
    cells = [
        f'<img src="screenshots/{name}-{width}-{scheme}.png" width="{180 if width == 360 else 420}" '
        f'alt="{words}, {width} pixels wide, {scheme}">'
        for width in WIDTHS
        for scheme in SCHEMES
    ]
    return " | ".join([words, *cells])


if __name__ == "__main__":
    main()
