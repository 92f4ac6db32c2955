"""Syntax tree and environment to value, with CEL's rules: no truthiness, no silent conversions, errors that say why."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from localflow.engine.expressions.parser import parse
from localflow.engine.expressions.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    ExpressionError,
    Index,
    ListOf,
    Literal,
    MapOf,
    Member,
    Name,
    Unary,
)
from localflow.spec.base import Json

_MAX_STEPS: Final = 100_000
_MAX_SIZE: Final = 4 * 1024 * 1024
_INT64: Final = range(-(2**63), 2**63)


def evaluate_condition(text: str, parameter_values: Mapping[str, Json]) -> bool:
    """Whether a task's condition holds, given the task's input parameters.

    Raises:
        ExpressionError: the condition can't be parsed or evaluated, or isn't a bool. Kubeflow fails the task then.

    """
    environment = {"inputs": {"parameter_values": parameter_values, "parameters": parameter_values}}
    value = evaluate(text, environment)
    if not isinstance(value, bool):
        raise ExpressionError(f"the condition gives {_shown(value)}, not true or false: {text}")
    return value


def select(text: str, value: Json) -> Json:
    """The part of `value` that a ``parameterExpressionSelector`` names, such as ``parseJson(string_value)["a"]``.

    Raises:
        ExpressionError: the selector can't be parsed, or the value has no such part.

    """
    environment: dict[str, Json] = {"string_value": value if isinstance(value, str) else json.dumps(value)}
    if isinstance(value, bool):
        environment["bool_value"] = value
    elif isinstance(value, int | float):
        environment["number_value"] = value
    elif isinstance(value, dict):
        environment["struct_value"] = value
    elif isinstance(value, list):
        environment["list_value"] = value
    return evaluate(text, environment)


def evaluate(text: str, environment: Mapping[str, Json]) -> Json:
    """The value of the expression `text`.

    Raises:
        ExpressionError: it can't be parsed or evaluated; the message says which operation failed on which values.

    """
    try:
        return _Evaluation(environment).value(parse(text))
    except ExpressionError as error:
        if text in error.message:
            raise
        raise ExpressionError(f"{error.message}, in: {text}") from None


@dataclass(slots=True)
class _Evaluation:
    environment: Mapping[str, Json]
    steps: int = 0

    def value(self, tree: Expression) -> Json:
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise ExpressionError(f"the expression takes more than {_MAX_STEPS:,} steps")
        match tree:
            case Literal(value):
                return value
            case Name(name):
                if name not in self.environment:
                    raise ExpressionError(f"unknown name {name!r}; known: {', '.join(self.environment)}")
                return self.environment[name]
            case Member(target, field):
                return _index(self.value(target), field)
            case Index(target, index):
                return _index(self.value(target), self.value(index))
            case Unary(operator, operand):
                return _unary(operator, self.value(operand))
            case Binary("&&", left, right):
                return self._logical(left, right, decisive=False)
            case Binary("||", left, right):
                return self._logical(left, right, decisive=True)
            case Binary(operator, left, right):
                return _binary(operator, self.value(left), self.value(right))
            case Conditional(test, then, otherwise):
                return self.value(then if _boolean(self.value(test), "?:") else otherwise)
            case ListOf(items):
                return [self.value(item) for item in items]
            case MapOf(entries):
                return {self.value(key): self.value(value) for key, value in entries}
            case Call(function, arguments):
                return self._call(function, arguments)

    def _logical(self, left: Expression, right: Expression, *, decisive: bool) -> bool:
        """CEL's && and ||: an error on one side doesn't matter when the other decides."""
        symbol = "||" if decisive else "&&"
        try:
            if _boolean(self.value(left), symbol) is decisive:
                return decisive
        except ExpressionError:
            if _boolean(self.value(right), symbol) is decisive:
                return decisive
            raise
        return _boolean(self.value(right), symbol)

    def _call(self, function: str, arguments: tuple[Expression, ...]) -> Json:
        if function == "has" and len(arguments) == 1 and isinstance(arguments[0], Member):
            target = self.value(arguments[0].target)
            return isinstance(target, Mapping) and arguments[0].field in target
        if function not in _FUNCTIONS:
            raise ExpressionError(f"unknown function {function}(); known: {', '.join(sorted(_FUNCTIONS))}, has")
        implementation, count = _FUNCTIONS[function]
        if len(arguments) != count:
            raise ExpressionError(f"{function}() takes {count} argument(s), not {len(arguments)}")
        return implementation(*(self.value(argument) for argument in arguments))


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "double"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "map"


def _shown(value: Json) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return f"{_kind(value)} {text if len(text) <= 60 else text[:57] + '…'}"


def _boolean(value: Json, operator: str) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"{operator} takes true or false, not {_shown(value)}")
    return value


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _index(target: Json, index: Json) -> Json:
    if isinstance(target, Mapping):
        if index not in target:
            known = ", ".join(map(repr, list(target)[:10])) or "nothing"
            raise ExpressionError(f"there is no {index!r}; there is {known}")
        return target[index]
    if isinstance(target, list):
        position = _integer(index)
        if not 0 <= position < len(target):
            raise ExpressionError(f"index {position} is outside a list of {len(target)}")
        return target[position]
    raise ExpressionError(f"cannot look up {index!r} in {_shown(target)}")


def _unary(operator: str, operand: Json) -> Json:
    if operator == "!":
        return not _boolean(operand, "!")
    if not _is_number(operand):
        raise ExpressionError(f"cannot negate {_shown(operand)}")
    return -operand


def _equal(left: Json, right: Json) -> bool:
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    if _kind(left) != _kind(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(_equal(value, right[key]) for key, value in left.items())
    return bool(left == right)


def _binary(operator: str, left: Json, right: Json) -> Json:
    if operator in ("==", "!="):
        return _equal(left, right) is (operator == "==")
    if operator == "in":
        return _contains(right, left)
    if operator in _ORDERINGS:
        if not (_is_number(left) and _is_number(right)) and _kind(left) != _kind(right):
            raise ExpressionError(f"cannot compare {_shown(left)} {operator} {_shown(right)}")
        if not isinstance(left, bool | int | float | str):
            raise ExpressionError(f"cannot order {_shown(left)} {operator} {_shown(right)}")
        return _ORDERINGS[operator](left, right)
    return _arithmetic(operator, left, right)


def _contains(container: Json, item: Json) -> bool:
    if isinstance(container, list):
        return any(_equal(item, member) for member in container)
    if isinstance(container, Mapping):
        return item in container
    raise ExpressionError(f"'in' takes a list or a map on its right, not {_shown(container)}")


def _arithmetic(operator: str, left: Json, right: Json) -> Json:
    if operator == "+" and isinstance(left, str | list) and _kind(left) == _kind(right):
        if len(left) + len(right) > _MAX_SIZE:
            raise ExpressionError("the result is too large")
        return left + right
    if not (_is_number(left) and _is_number(right)):
        raise ExpressionError(f"cannot calculate {_shown(left)} {operator} {_shown(right)}")
    if operator in "/%" and right == 0:
        raise ExpressionError(f"division by zero in {_shown(left)} {operator} {_shown(right)}")
    both_integers = isinstance(left, int) and isinstance(right, int)
    result: int | float
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            result = _truncated_quotient(left, right) if both_integers else left / right
        case _:
            result = left - right * _truncated_quotient(left, right) if both_integers else math.fmod(left, right)
    if both_integers and result not in _INT64:
        raise ExpressionError(f"{_shown(left)} {operator} {_shown(right)} doesn't fit 64 bits")
    return result


def _truncated_quotient(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _integer(value: Json) -> int:
    try:
        if isinstance(value, str):
            number = int(value) if value.strip("+-0123456789") == "" else math.trunc(float(value))
        elif _is_number(value):
            number = math.trunc(value)
        else:
            raise ValueError
    except (ValueError, OverflowError):
        raise ExpressionError(f"int() cannot convert {_shown(value)}") from None
    if number not in _INT64:
        raise ExpressionError(f"int({value}) doesn't fit 64 bits")
    return number


def _double(value: Json) -> float:
    try:
        if isinstance(value, str) or _is_number(value):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise ExpressionError(f"double() cannot convert {_shown(value)}")


def _string(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if _is_number(value):
        return str(value)
    raise ExpressionError(f"string() cannot convert {_shown(value)}")


def _bool(value: Json) -> bool:
    spellings = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in spellings:
        return spellings[value]
    raise ExpressionError(f"bool() cannot convert {_shown(value)}")


def _size(value: Json) -> int:
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise ExpressionError(f"size() takes a string, a list or a map, not {_shown(value)}")


def _parse_json(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ExpressionError(f"parseJson() cannot read {_shown(value)}") from None


def _on_strings(name: str, test: Callable[[str, str], bool]) -> Callable[[Json, Json], bool]:
    def function(text: Json, part: Json) -> bool:
        if not (isinstance(text, str) and isinstance(part, str)):
            raise ExpressionError(f"{name}() takes two strings, not {_shown(text)} and {_shown(part)}")
        return test(text, part)

    return function


_ORDERINGS: Final[Mapping[str, Callable[[Json, Json], bool]]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_FUNCTIONS: Final[Mapping[str, tuple[Callable[..., Json], int]]] = {
    "int": (_integer, 1),
    "double": (_double, 1),
    "string": (_string, 1),
    "bool": (_bool, 1),
    "size": (_size, 1),
    "parseJson": (_parse_json, 1),
    "startsWith": (_on_strings("startsWith", str.startswith), 2),
    "endsWith": (_on_strings("endsWith", str.endswith), 2),
    "contains": (_on_strings("contains", str.__contains__), 2),
}
