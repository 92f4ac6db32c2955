"""Durations as users write them for retries, such as ``"30s"`` or ``"1 hour"``."""

from __future__ import annotations

import re

from localflow.errors import CompileError

_DURATION = re.compile(r"\s*([0-9]+)\s*([a-zA-Z]+)\s*")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(duration: str, where: str) -> int:
    """The seconds of a duration; raises `CompileError` for anything but a whole number and a unit."""
    match = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    factor = _SECONDS.get(match[2][0]) if match is not None else None
    if match is None or factor is None:
        raise CompileError(
            f"{duration!r} isn't a duration",
            where=where,
            hint='write a whole number with a unit from s, m, h, d, w, such as "30s" or "1 hour"',
        )
    return int(match[1]) * factor
