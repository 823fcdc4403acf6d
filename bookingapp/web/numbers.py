"""Numbers in addresses are ids of rows: one no database can hold is an address that is not there."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1  # an INTEGER of PostgreSQL


class RowNumber(IntegerConverter):
    """`<int:…>` with an upper end."""

    def __init__(self, map: Map, *args: Any, **values: Any) -> None:  # noqa: A002, ANN401 (werkzeug's names)
        values.setdefault("max", LARGEST)
        super().__init__(map, *args, **values)


def install(app: Flask) -> None:
    """Before any route is made."""
    app.url_map.converters["int"] = RowNumber
