"""The errors that a user sees: what happened, where, and what to do next."""

from __future__ import annotations


class LocalflowError(Exception):
    """A failure with a message for the user; the command line prints it without a traceback.

    Attributes:
        message: what happened, in one or two sentences.
        where: the place, such as ``pipeline.yaml:12 root.dag.tasks.train``; empty when there is none.
        hint: what to do next, often a command to type; empty when there is nothing useful to say.
        exit_code: the exit status of a command that ends with this error.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        located = f"{self.where}: {self.message}" if self.where else self.message
        return f"{located}\n  hint: {self.hint}" if self.hint else located


class InvalidInputError(LocalflowError):
    """What the user gave can't be used: a file, an argument, an option. Nothing was started or recorded."""

    exit_code = 2


class SpecError(InvalidInputError):
    """A pipeline file says something that it can't: bad YAML, an unknown field, a wrong type, a broken reference."""


class CompileError(InvalidInputError):
    """A pipeline written in Python can't be compiled; names the component, the parameter and the line."""


class NotFoundError(InvalidInputError):
    """A run, task, artifact or experiment of that name isn't recorded."""
