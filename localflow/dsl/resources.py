"""Amounts of CPU, memory and accelerators: checked as users write them, converted to the numbers of older files."""

from __future__ import annotations

import re

from localflow.errors import CompileError

_CPU = re.compile(r"([0-9]*[.])?[0-9]+m?")
_MEMORY = re.compile(r"([0-9]+)(E|Ei|P|Pi|T|Ti|G|Gi|M|Mi|K|Ki)?")
_POWERS = "KMGTPE"
_GIGA = 10**9


def check_cpu(amount: str, where: str) -> None:
    """Raise `CompileError` unless the amount is a number of cores or millicores, such as ``0.5`` or ``500m``."""
    if not isinstance(amount, str) or not _CPU.fullmatch(amount):
        raise CompileError(
            f"{amount!r} isn't an amount of CPU", where=where, hint='write cores as "0.5" or millicores as "500m"'
        )


def check_memory(amount: str, where: str) -> None:
    """Raise `CompileError` unless the amount is a number of bytes with an optional unit, such as ``512Mi``."""
    if not isinstance(amount, str) or not _MEMORY.fullmatch(amount):
        raise CompileError(
            f"{amount!r} isn't an amount of memory",
            where=where,
            hint='write a whole number, followed by E, P, T, G, M, K or Ei, Pi, Ti, Gi, Mi, Ki, such as "512Mi"',
        )


def accelerator_count(limit: int | str, where: str) -> str:
    """The number of accelerators as text; raises `CompileError` unless it is a whole number, 0 or more."""
    text = str(limit)
    if isinstance(limit, bool) or not text.isdecimal():
        raise CompileError(f"{limit!r} isn't a number of accelerators: a whole number, 0 or more", where=where)
    return text


def cores(amount: str) -> float:
    """The cores of a checked amount of CPU."""
    return float(amount[:-1]) / 1000 if amount.endswith("m") else float(amount)


def gigabytes(amount: str) -> float:
    """The gigabytes (10^9 bytes) of a checked amount of memory."""
    match = _MEMORY.fullmatch(amount)
    assert match is not None
    number, unit = float(match[1]), match[2]
    if unit is None:
        return number / _GIGA
    power = _POWERS.index(unit[0]) + 1
    factor: int = 2 ** (10 * power) if unit.endswith("i") else 10 ** (3 * power)
    return number * factor / _GIGA
