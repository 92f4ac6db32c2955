"""Placeholders in the commands of containers, written as the text that the runner replaces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from localflow.errors import CompileError
from localflow.spec.base import Json


class Placeholder:
    """A value that is known only when the task runs; its text is what stands in the IR."""

    def _text(self) -> str:
        raise NotImplementedError

    def _to_string(self) -> str:
        return self._text()

    def __str__(self) -> str:
        return self._text()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(self._text())


CommandLineElement = str | Placeholder


class InputValuePlaceholder(Placeholder):
    """The value of an input parameter."""

    def __init__(self, input_name: str) -> None:
        self.input_name = input_name

    def _text(self) -> str:
        return f"{{{{$.inputs.parameters['{self.input_name}']}}}}"


class OutputParameterPlaceholder(Placeholder):
    """The file to which an output parameter is written."""

    def __init__(self, output_name: str) -> None:
        self.output_name = output_name

    def _text(self) -> str:
        return f"{{{{$.outputs.parameters['{self.output_name}'].output_file}}}}"


class ArtifactPropertyPlaceholder(Placeholder):
    """Path, URI or metadata of an artifact; metadata may be asked by key."""

    def __init__(self, direction: str, artifact_name: str, attribute: str) -> None:
        self.direction = direction
        self.artifact_name = artifact_name
        self.attribute = attribute

    def _text(self) -> str:
        return f"{{{{$.{self.direction}.artifacts['{self.artifact_name}'].{self.attribute}}}}}"

    def __getitem__(self, key: str) -> str:
        if self.attribute != "metadata":
            raise CompileError(f"only .metadata of artifact {self.artifact_name!r} has keys, .{self.attribute} has none")
        return f"{{{{$.{self.direction}.artifacts['{self.artifact_name}'].metadata['{key}']}}}}"


class ArtifactListPlaceholder(Placeholder):
    """A whole list of artifacts; single ones can't be reached from a container's definition."""

    def __init__(self, direction: str, artifact_name: str) -> None:
        self.direction = direction
        self.artifact_name = artifact_name

    def _text(self) -> str:
        return f"{{{{$.{self.direction}.artifacts['{self.artifact_name}']}}}}"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise CompileError(
            f"{self.artifact_name!r} is a list of artifacts: .{name} can't be read in a container component",
            hint="pass the whole list",
        )

    def __getitem__(self, index: int) -> NoReturn:
        raise CompileError(
            f"{self.artifact_name!r} is a list of artifacts: [{index}] can't be read in a container component",
            hint="pass the whole list",
        )


class ContainerArtifact:
    """An artifact in the definition of a container component: it has ``.path``, ``.uri`` and ``.metadata``."""

    def __init__(self, direction: str, name: str) -> None:
        self._direction = direction
        self._name = name

    def __getattr__(self, name: str) -> ArtifactPropertyPlaceholder:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in ("path", "uri", "metadata"):
            raise CompileError(
                f"artifact {self._name!r} has no attribute {name!r} in a container component",
                hint="use .path, .uri or .metadata",
            )
        return ArtifactPropertyPlaceholder(self._direction, self._name, name)


class ConcatPlaceholder(Placeholder):
    """Texts and placeholders joined to one argument."""

    def __init__(self, items: list[CommandLineElement]) -> None:
        for item in items:
            if isinstance(item, IfPresentPlaceholder):
                item.check_single_elements()
        self.items = items

    def struct(self) -> dict[str, Json]:
        """The placeholder as JSON."""
        return {"Concat": [_struct_or_text(each) for each in self.items]}

    def _text(self) -> str:
        return json.dumps(self.struct())

    def __str__(self) -> str:
        raise CompileError("ConcatPlaceholder can't stand inside an f-string", hint="make it an argument of its own")


class IfPresentPlaceholder(Placeholder):
    """Arguments that stand there only when an optional input is given, and others when it is not."""

    def __init__(
        self,
        input_name: str,
        then: CommandLineElement | list[CommandLineElement],
        else_: CommandLineElement | list[CommandLineElement] | None = None,
    ) -> None:
        self.input_name = input_name
        self.then = then
        self.else_ = else_

    def check_single_elements(self) -> None:
        """Raise `CompileError` when a branch is a list, which can't be joined to one argument."""
        for branch in (self.then, self.else_):
            if isinstance(branch, list):
                raise CompileError(
                    f"IfPresentPlaceholder for {self.input_name!r} inside a ConcatPlaceholder has a list as a branch",
                    hint="use single elements for `then` and `else_`",
                )
            if isinstance(branch, IfPresentPlaceholder):
                branch.check_single_elements()
            if isinstance(branch, ConcatPlaceholder):
                for item in branch.items:
                    if isinstance(item, IfPresentPlaceholder):
                        item.check_single_elements()

    def struct(self) -> dict[str, Json]:
        """The placeholder as JSON."""
        body: dict[str, Json] = {"InputName": self.input_name, "Then": _branch(self.then)}
        if self.else_:
            body["Else"] = _branch(self.else_)
        return {"IfPresent": body}

    def _text(self) -> str:
        return json.dumps(self.struct())

    def __str__(self) -> str:
        raise CompileError("IfPresentPlaceholder can't stand inside an f-string", hint="make it an argument of its own")


def element_text(element: CommandLineElement) -> str:
    """An element of a command as it stands in the IR."""
    return element._to_string() if isinstance(element, Placeholder) else element


def leaves(element: Any) -> Iterator[Any]:
    """The element and everything nested in it."""
    yield element
    if isinstance(element, ConcatPlaceholder):
        for item in element.items:
            yield from leaves(item)
    if isinstance(element, IfPresentPlaceholder):
        for branch in (element.then, element.else_):
            for item in branch if isinstance(branch, list) else [branch]:
                if item is not None:
                    yield from leaves(item)


def _branch(branch: CommandLineElement | list[CommandLineElement]) -> Json:
    return [_struct_or_text(each) for each in branch] if isinstance(branch, list) else _struct_or_text(branch)


def _struct_or_text(element: CommandLineElement) -> Json:
    return element.struct() if isinstance(element, ConcatPlaceholder | IfPresentPlaceholder) else element_text(element)
