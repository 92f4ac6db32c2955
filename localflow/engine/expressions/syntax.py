"""The syntax tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass

from localflow.errors import InvalidInputError
from localflow.spec.base import Json


class ExpressionError(InvalidInputError):
    """An expression that can't be parsed or evaluated."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Json


@dataclass(frozen=True, slots=True)
class Name:
    """A variable of the environment."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``target.field``."""

    target: Expression
    field: str


@dataclass(frozen=True, slots=True)
class Index:
    """``target[index]``."""

    target: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """``function(arguments)``, or ``target.function(arguments)`` with the target as first argument."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``!x`` or ``-x``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional:
    """``test ? then : otherwise``."""

    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class ListOf:
    """``[a, b]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """``{k: v}``."""

    entries: tuple[tuple[Expression, Expression], ...]


Expression = Literal | Name | Member | Index | Call | Unary | Binary | Conditional | ListOf | MapOf
