"""Refusals in Razorpay's own JSON form, so the SDK raises what it would raise in earnest."""

from dataclasses import dataclass

BAD_REQUEST = "BAD_REQUEST_ERROR"
GATEWAY = "GATEWAY_ERROR"
SERVER = "SERVER_ERROR"


@dataclass
class ApiError(Exception):
    """An answer other than success; `body()` is what goes over the wire."""

    description: str
    status: int = 400
    code: str = BAD_REQUEST
    reason: str = "input_validation_failed"
    source: str = "business"
    step: str = "payment_initiation"
    field: str | None = None

    def body(self) -> dict[str, object]:
        error: dict[str, object] = {
            "code": self.code,
            "description": self.description,
            "source": self.source,
            "step": self.step,
            "reason": self.reason,
            "metadata": {},
        }
        if self.field is not None:
            error["field"] = self.field
        return {"error": error}


def not_found() -> ApiError:
    """Razorpay answers 400, not 404, for an id it does not know."""
    return ApiError("The id provided does not exist", reason="input_validation_failed")


def not_authenticated() -> ApiError:
    return ApiError("Authentication failed", status=401, reason="NA", source="NA", step="NA")
