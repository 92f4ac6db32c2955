"""Text to syntax tree: a lexer and a precedence-climbing parser."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

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

_MAX_LENGTH: Final = 100_000
_MAX_DEPTH: Final = 200

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<int>0[xX][0-9a-fA-F]+|\d+)
    | (?P<string>[rR]?(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    | (?P<name>[A-Za-z_]\w*)
    | (?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[xX][0-9a-fA-F]{2}|[0-3][0-7]{2}|.)", re.DOTALL)
_SIMPLE_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_PRECEDENCE: Final = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    "+": 4,
    "-": 4,
    **dict.fromkeys("*/%", 5),
}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The syntax tree of `text`.

    Raises:
        ExpressionError: with the place where the text stops making sense.

    """
    if len(text) > _MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {_MAX_LENGTH:,} characters")
    parser = _Parser(text)
    tree = parser.expression()
    if parser.kind != "end":
        raise parser.error(f"unexpected {parser.shown}")
    return tree


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._depth = 0
        self.kind = ""
        self.token = ""
        self._start = 0
        self._advance()

    @property
    def shown(self) -> str:
        return "end of expression" if self.kind == "end" else repr(self.token)

    def error(self, message: str) -> ExpressionError:
        pointer = f"{self._text[: self._start]}⟦here⟧{self._text[self._start :]}"
        return ExpressionError(f"cannot parse the expression: {message}: {pointer}")

    def _advance(self) -> None:
        match = _TOKEN.match(self._text, self._position)
        if match is None:
            self._start = (
                self._position + len(self._text[self._position :]) - len(self._text[self._position :].lstrip())
            )
            if self._start < len(self._text):
                self.token = self._text[self._start]
                raise self.error(f"unexpected {self.token!r}")
            self.kind, self.token = "end", ""
            return
        self.kind = str(match.lastgroup)
        self.token = match.group(self.kind)
        self._start = match.start(self.kind)
        self._position = match.end()

    def _accept(self, operator: str) -> bool:
        if self.kind == "operator" and self.token == operator:
            self._advance()
            return True
        return False

    def _expect(self, operator: str) -> None:
        if not self._accept(operator):
            raise self.error(f"expected {operator!r}, found {self.shown}")

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self.error("nested too deeply")
        tree = self._binary(1)
        if self._accept("?"):
            then = self.expression()
            self._expect(":")
            tree = Conditional(tree, then, self.expression())
        self._depth -= 1
        return tree

    def _binary(self, lowest: int) -> Expression:
        left = self._unary()
        while (precedence := self._operator_precedence()) >= lowest:
            operator = self.token
            self._advance()
            left = Binary(operator, left, self._binary(precedence + 1))
        return left

    def _operator_precedence(self) -> int:
        is_operator = self.kind == "operator" or (self.kind == "name" and self.token == "in")
        return _PRECEDENCE.get(self.token, 0) if is_operator else 0

    def _unary(self) -> Expression:
        operators = []
        while self.kind == "operator" and self.token in "!-":
            operators.append(self.token)
            self._advance()
            if len(operators) > _MAX_DEPTH:
                raise self.error("nested too deeply")
        tree = self._postfix()
        for operator in reversed(operators):
            tree = Unary(operator, tree)
        return tree

    def _postfix(self) -> Expression:
        tree = self._primary()
        while True:
            if self._accept("["):
                tree = Index(tree, self.expression())
                self._expect("]")
            elif self._accept("."):
                if self.kind != "name":
                    raise self.error(f"expected a field name, found {self.shown}")
                field = self.token
                self._advance()
                tree = Call(field, (tree, *self._arguments(")"))) if self._accept("(") else Member(tree, field)
            else:
                return tree

    def _primary(self) -> Expression:
        kind, token = self.kind, self.token
        if kind == "end":
            raise self.error("the expression ends too early")
        if self._accept("("):
            tree = self.expression()
            self._expect(")")
            return tree
        if self._accept("["):
            return ListOf(self._arguments("]"))
        if self._accept("{"):
            return MapOf(self._entries())
        if kind == "operator":
            raise self.error(f"unexpected {token!r}")
        self._advance()
        if kind == "int":
            return Literal(int(token, 0) if token[:2].lower() == "0x" else int(token))
        if kind == "float":
            return Literal(float(token))
        if kind == "string":
            return Literal(_unquote(token))
        if token in _CONSTANTS:
            return Literal(_CONSTANTS[token])
        return Call(token, self._arguments(")")) if self._accept("(") else Name(token)

    def _arguments(self, close: str) -> tuple[Expression, ...]:
        arguments: list[Expression] = []
        while not self._accept(close):
            arguments.append(self.expression())
            if not self._accept(","):
                self._expect(close)
                break
        return tuple(arguments)

    def _entries(self) -> tuple[tuple[Expression, Expression], ...]:
        entries: list[tuple[Expression, Expression]] = []
        while not self._accept("}"):
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression()))
            if not self._accept(","):
                self._expect("}")
                break
        return tuple(entries)


def _unquote(token: str) -> str:
    raw = token[0] in "rR"
    body = token[1:] if raw else token
    quotes = 3 if body[:3] in ('"""', "'''") else 1
    body = body[quotes:-quotes]
    return body if raw else _ESCAPE.sub(lambda match: _unescape(match.group(1)), body)


def _unescape(code: str) -> str:
    if len(code) == 1:
        return _SIMPLE_ESCAPES.get(code, code)
    return chr(int(code, 8)) if code[0] in "0123" else chr(int(code[1:], 16))
