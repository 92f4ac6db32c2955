"""The pipeline's arguments as they are given on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from localflow.errors import InvalidInputError
from localflow.spec.arguments import CommandLineText
from localflow.spec.base import Json


def read_arguments(pairs: Sequence[str], file: Path | None) -> dict[str, Json]:
    """Arguments from ``NAME=VALUE`` pairs, which win, and from a YAML or JSON file.

    Raises:
        InvalidInputError: a pair has no ``=`` or comes twice, or the file isn't a mapping.
    """
    arguments: dict[str, Json] = {}
    if file is not None:
        arguments.update(_from_file(file))
    given: set[str] = set()
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise InvalidInputError(f"{pair!r} is not an argument", hint="write it as --arg NAME=VALUE")
        if name in given:
            raise InvalidInputError(f"the argument {name!r} is given twice")
        given.add(name)
        arguments[name] = CommandLineText(value)
    return arguments


def _from_file(file: Path) -> dict[str, Json]:
    from localflow.spec.reader import read_mapping

    return read_mapping(file)
