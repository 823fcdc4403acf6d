"""What one sandbox process is told at its start."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Config:
    """The merchant's keys, the file, and which of the extra doors are open."""

    key_id: str
    key_secret: str
    file: Path
    late_seconds: float = 8.0
    webhook_url: str = ""
    webhook_secret: str = ""
    control: bool = False
    settle_after_days: float | None = None
