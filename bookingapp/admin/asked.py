"""What the address bar asks a list for: searches, choices and the place to go on from."""

from dataclasses import dataclass

from flask import request

SIZE = 50
LONGEST = 100
# The largest row id both engines take.
LAST_ID = 2**31 - 1


@dataclass(frozen=True)
class Asked:
    """`q` what was typed, `state` and `kind` what was chosen, `before` the row to go on from."""

    q: str
    state: str
    kind: str
    before: int | None

    @property
    def narrowed(self) -> bool:
        """Whether the list shows less than everything."""
        return bool(self.q or self.state or self.kind)

    def address(self) -> dict[str, str]:
        """The filters again, for a link that keeps them."""
        given = {"q": self.q, "state": self.state, "kind": self.kind}
        return {name: value for name, value in given.items() if value}


def read() -> Asked:
    """The request's wishes. What makes no sense is left out: a list is no place to be refused."""
    before = request.args.get("before", type=int)
    return Asked(
        q=request.args.get("q", "").replace("\x00", "").strip()[:LONGEST],
        state=request.args.get("state", ""),
        kind=request.args.get("kind", ""),
        before=before if before is not None and 0 < before <= LAST_ID else None,
    )
