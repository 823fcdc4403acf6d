"""House rules a tool can check: part of `make check`. Each failure says what to do."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.lexer import TOKEN_DATA

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bookingapp"
# Where a transaction may stand: the deeds. A step that a service calls is given its session.
DEEDS = re.compile(
    r"(service\.py|service/\w+\.py|email/(drain|lanes|together|stepped|sending|claims|marks|prune|restored|bounces)\.py|db\.py)$"
)
PURE = re.compile(r"(rules|models|service|hold|confirm|settle|record|issue)\.py$|/service/")
# The sandbox is a tool for developers, not a page of the cinema; a letter's source is data to lay out.
UNTRANSLATED = ("sandbox/",)
SPOKEN = re.compile(
    r"""\s(?:alt|title|placeholder|aria-label|content)=["']([^"'{]*[A-Za-z]{2}[^"'{]*)["']"""
)
SILENT_CONTENT = re.compile(
    r"(width=|no-referrer|^#|light|dark|initial-scale|text/html|noindex|website)"
)
# Macros that write the inside of somebody's tag, where words are classes and attributes.
INSIDE_TAGS = re.compile(r"(?s)\{%-? macro (seat_class|seat_end)\(.*?endmacro -?%\}")
CSS = re.compile(r"^[a-z-]+:[^<>]*;$")
PHYSICAL = re.compile(
    r"(?<![\w-])(margin|padding|border)-(left|right|top|bottom)\b|text-align:\s*(left|right)"
    r"|(?<![\w-])(left|right|top|bottom):\s|float:\s*(left|right)"
)


def python_files() -> list[Path]:
    """All of ours that runs."""
    return [ROOT / "app.py", *sorted(PACKAGE.rglob("*.py"))]


def templates() -> list[Path]:
    """All pages and letters of the cinema."""
    found = sorted((PACKAGE / "templates").rglob("*.html")) + sorted(
        (PACKAGE / "templates").rglob("*.txt")
    )
    return [p for p in found if not p.relative_to(PACKAGE).as_posix().startswith(UNTRANSLATED)]


def named(path: Path) -> str:
    """How a failure names a file."""
    return path.relative_to(ROOT).as_posix()


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Each file with its syntax."""
    for path in python_files():
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_a_docstring_opens_every_file() -> None:
    without = [named(p) for p, tree in trees() if not ast.get_docstring(tree)]
    assert without == [], "say in one paragraph what the file is for"


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = [
        named(p) for p in python_files() if len(p.read_text(encoding="utf-8").splitlines()) > 300
    ]
    assert long == [], "split the file by subject"


def test_no_function_is_longer_than_fifty_lines() -> None:
    long = [
        f"{named(path)}:{node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 50
    ]
    assert long == [], "split the function by step"


def test_transactions_stand_only_where_deeds_are_done() -> None:
    found = [
        named(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        for item in node.items
        if "transaction(" in ast.unparse(item.context_expr) and not DEEDS.search(path.as_posix())
    ]
    assert found == [], "move the deed into the room's service, or take a session"


def test_nothing_but_the_transaction_commits() -> None:
    found = [
        named(path)
        for path in python_files()
        if ".commit()" in path.read_text(encoding="utf-8") and "sandbox" not in path.parts
        and path.name != "db.py"
    ]  # fmt: skip
    assert found == [], "only db.transaction() commits"


def test_rules_models_and_services_know_nothing_of_flask() -> None:
    found = [
        f"{named(path)} imports {name}"
        for path, tree in trees()
        if PURE.search(path.as_posix()) and "sandbox" not in path.parts
        for name in imported(tree)
        if name.split(".")[0] in {"flask", "flask_login", "flask_wtf", "werkzeug"}
    ]
    assert found == [], "take plain values instead of the request"


def imported(tree: ast.Module) -> Iterator[str]:
    """Names of all modules a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_there_is_one_clock() -> None:
    found = [
        named(path)
        for path in python_files()
        if re.search(r"datetime\.now\(|utcnow\(|date\.today\(", path.read_text(encoding="utf-8"))
        and path.name != "clock.py" and "sandbox" not in path.parts
    ]  # fmt: skip
    assert found == [], "ask clock.now()"


def test_nobody_imports_the_sandbox() -> None:
    found = [
        named(path)
        for path, tree in trees()
        if "sandbox" not in path.parts
        and any(n.startswith("bookingapp.sandbox") for n in imported(tree))
    ]
    assert found == [], "the stand-in is a process of its own"


def test_every_visible_string_of_a_template_goes_through_gettext() -> None:
    bare = [f"{named(path)}: {text!r}" for path in templates() for text in bare_strings(path)]
    assert bare == [], "write {{ _('…') }}"


def bare_strings(path: Path) -> Iterator[str]:
    """Text between tags, and spoken attributes, that no gettext call wraps."""
    source = INSIDE_TAGS.sub("", path.read_text(encoding="utf-8"))
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    inside_trans, html = False, ""
    for _, kind, value in environment.lex(source):
        if kind == "name" and value in {"trans", "endtrans"}:
            inside_trans = value == "trans"
        elif kind == TOKEN_DATA and not inside_trans:
            html += value
        elif kind in {"variable_begin", "block_begin"}:
            html += "{"
    html = re.sub(r"(?s)<!--.*?-->|<(style|script)\b.*?</\1>|<!doctype[^>]*>", " ", html)
    for match in SPOKEN.finditer(html):
        if not SILENT_CONTENT.search(match.group(1)):
            yield match.group(0).strip()
    for text in re.sub(r"(?s)<[^>]*>", "\n", html).splitlines():
        # an attribute a macro writes into somebody else's tag is no text
        words = re.sub(r"""&\w+;|\{|[a-z-]+=("[^"]*"|'[^']*')""", " ", text).strip()
        if re.search(r"[A-Za-z]{2}", words) and not CSS.match(words):
            yield words


def test_no_template_switches_escaping_off() -> None:
    found = [
        named(p)
        for p in templates()
        if re.search(r"\|\s*safe\b|autoescape false", p.read_text("utf-8"))
    ]
    assert found == [], "build Markup in Python where it can be tested"


def test_no_page_has_inline_script_or_style() -> None:
    found = [
        named(p)
        for p in templates()
        if "email/" not in named(p)
        and re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", p.read_text("utf-8"))
    ]
    assert found == [], "the strict CSP forbids it: use a class or a module"


def test_the_stylesheets_use_logical_properties() -> None:
    found = [
        f"{named(path)}:{number}: {line.strip()[:70]}"
        for path in sorted((PACKAGE / "static").glob("*.css"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if PHYSICAL.search(line)
    ]
    assert found == [], "write inset-inline-start, margin-block …"


def test_the_catalogue_holds_every_visible_string(tmp_path: Path) -> None:
    fresh = tmp_path / "messages.pot"
    subprocess.run(
        [str(Path(sys.executable).parent / "pybabel"), "-q", "extract", "-F", "babel.cfg", "-k", "_l",
         "-k", "lazy_gettext", "--no-location", "--sort-output", "--project", "Matinee", "-o", str(fresh),
         "bookingapp"],
        cwd=ROOT, check=True, timeout=60,
    )  # fmt: skip
    kept = PACKAGE / "translations" / "messages.pot"
    assert kept.is_file(), "run: make messages"
    assert ids(kept) == ids(fresh), "run: make messages"


def ids(path: Path) -> list[str]:
    """The catalogue without its dates."""
    return [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith('"POT-')
    ]


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"],
)
def test_the_papers_are_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_everything_installed_is_pinned_with_its_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)
        pins = re.findall(r"^[a-z0-9\[\]._-]+==", text, re.MULTILINE | re.IGNORECASE)
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)
