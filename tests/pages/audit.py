"""What a browser finds on a page as it stands: axe-core's complaints and what is wider than the screen.

The page is loaded once; its width and its scheme change under it, as they do on a desk.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

ColorScheme = Literal["light", "dark"]
WIDTHS = (360, 1280)
SCHEMES: tuple[ColorScheme, ...] = ("light", "dark")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The scheme changes colours and nothing else, so at night the rules about colours are asked alone.
COLOURS = ["color-contrast", "link-in-text-block"]
ASK_AXE = """async (options) => (await axe.run(document, {resultTypes: ['violations'], ...options}))
    .violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.html}`))"""
# Colours glide from day to night; they are judged where they come to rest.
STILL = """() => { const still = new CSSStyleSheet();
    still.replaceSync('*, ::before, ::after { transition: none !important; }');
    document.adoptedStyleSheets = [still]; }"""
# What is marked as a region that scrolls may be wider than the page, and so may what lies within.
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


@dataclass
class Findings:
    """What was found on one page, by "360 light" and so on."""

    axe: dict[str, list[str]] = field(default_factory=dict)
    too_wide: dict[int, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def audit(page: Page, seen: Findings) -> None:
    """Ask axe-core and the layout, at each width and in each scheme."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(STILL)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        seen.too_wide[width] = page.evaluate(TOO_WIDE)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            seen.axe[f"{width} {scheme}"] = page.evaluate(ASK_AXE, _options(scheme))
    page.emulate_media(color_scheme="light")


def _options(scheme: ColorScheme) -> dict[str, Any]:
    kind, values = ("tag", TAGS) if scheme == "light" else ("rule", COLOURS)
    return {"runOnly": {"type": kind, "values": values}}


def listen(page: Page, complaints: list[str]) -> None:
    """Collect what the browser holds against a page: errors, and what the CSP refused."""

    def note(kind: str, text: str) -> None:
        # A refusal is an answer with its number; the browser writes every such number down.
        if kind in {"error", "warning"} and "the server responded with a status of 4" not in text:
            complaints.append(text)

    page.on("console", lambda line: note(line.type, line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
