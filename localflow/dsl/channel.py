"""Values that flow between tasks while a pipeline is written: pipeline inputs, task outputs, `Collected`, `OneOf`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localflow.dsl.context import Pipeline
from localflow.dsl.data_types import LIST, ArtifactOf, DataType, Parameter
from localflow.dsl.location import user_line
from localflow.errors import CompileError

if TYPE_CHECKING:
    from localflow.dsl.control_flow import ConditionBranches

_PATTERN = re.compile(r"\{\{channel:task=[^;{}]*;name=[^;{}]+;type=[^;{}]*;\}\}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9\s_-]*")


@dataclass(frozen=True, eq=False)
class ConditionOperation:
    """A comparison of a channel with a channel or a constant, decided when the pipeline runs."""

    operator: str
    left_operand: Any
    right_operand: Any
    negate: bool = False

    def negated(self) -> ConditionOperation:
        """The same comparison with the opposite outcome wanted."""
        return ConditionOperation(self.operator, self.left_operand, self.right_operand, negate=True)

    @property
    def channels(self) -> list[PipelineChannel]:
        """The channels that are compared."""
        return [each for each in (self.left_operand, self.right_operand) if isinstance(each, PipelineChannel)]


class PipelineChannel:
    """A value that a task takes and that isn't known before the pipeline runs.

    Comparisons make conditions for `If` and `Elif`. In strings a channel stands as `pattern`, which the compiler finds
    and replaces.
    """

    def __init__(self, name: str, data_type: DataType, task_name: str | None = None) -> None:
        if not _NAME.fullmatch(name):
            raise CompileError(
                f"{name!r} can't be the name of an input or output",
                where=user_line(),
                hint='begin with a letter; then letters, digits, spaces, "_" and "-"',
            )
        self.name = name
        self.data_type = data_type
        self.task_name = task_name
        self.pipeline = Pipeline.current()
        if self.pipeline is not None:
            self.pipeline.channels.setdefault(self.pattern, self)

    @property
    def channel_type(self) -> str:
        """The type in words."""
        return str(self.data_type)

    @property
    def is_artifact_list(self) -> bool:
        """Whether it is a list of artifacts."""
        return isinstance(self.data_type, ArtifactOf) and self.data_type.is_list

    @property
    def full_name(self) -> str:
        """The name together with that of the task that makes the value."""
        return f"{self.task_name}-{self.name}" if self.task_name else self.name

    @property
    def pattern(self) -> str:
        """The text that stands for this channel in strings."""
        return f"{{{{channel:task={self.task_name or ''};name={self.name};type={self.data_type};}}}}"

    @property
    def origins(self) -> list[PipelineChannel]:
        """The channels of which this one is made: itself, or those that it gathers."""
        return [self]

    def __str__(self) -> str:
        return self.pattern

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.full_name}: {self.data_type}>"

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __eq__(self, other: object) -> ConditionOperation:  # type: ignore[override]
        return ConditionOperation("==", self, other)

    def __ne__(self, other: object) -> ConditionOperation:  # type: ignore[override]
        return ConditionOperation("!=", self, other)

    def __lt__(self, other: object) -> ConditionOperation:
        return ConditionOperation("<", self, other)

    def __le__(self, other: object) -> ConditionOperation:
        return ConditionOperation("<=", self, other)

    def __gt__(self, other: object) -> ConditionOperation:
        return ConditionOperation(">", self, other)

    def __ge__(self, other: object) -> ConditionOperation:
        return ConditionOperation(">=", self, other)


class PipelineParameterChannel(PipelineChannel):
    """A parameter of the pipeline or of a task."""


class PipelineArtifactChannel(PipelineChannel):
    """An artifact, or a list of them."""


def make_channel(name: str, data_type: DataType, task_name: str | None = None) -> PipelineChannel:
    """A channel of the class that its type asks for."""
    if isinstance(data_type, Parameter):
        return PipelineParameterChannel(name, data_type, task_name)
    return PipelineArtifactChannel(name, data_type, task_name)


class Collected(PipelineChannel):
    """The outputs of all iterations of a loop, as a list in the order of the items."""

    def __init__(self, output: PipelineChannel) -> None:
        if not isinstance(output, PipelineChannel):
            raise CompileError(f"dsl.Collected takes a task's output, not {output!r}", where=user_line())
        if isinstance(output, OneOfChannel):
            raise CompileError("dsl.OneOf can't stand inside dsl.Collected", where=user_line())
        data_type = output.data_type
        gathered = (
            ArtifactOf(data_type.schema_title, data_type.schema_version, is_list=True)
            if isinstance(data_type, ArtifactOf)
            else LIST
        )
        self.output = output
        self.is_artifact_channel = isinstance(data_type, ArtifactOf)
        super().__init__(output.name, gathered, output.task_name)

    @property
    def origins(self) -> list[PipelineChannel]:
        """The output that is collected."""
        return [self.output]


class OneOfChannel(PipelineChannel):
    """The output of that branch of an ``If/Elif/Else`` that ran; made by `OneOf`."""

    def __init__(self, channels: list[PipelineChannel], branches: ConditionBranches) -> None:
        self.channels = channels
        self.condition_branches_group = branches
        name = f"pipelinechannel--{branches.name}-oneof-{branches.next_oneof_id()}"
        super().__init__(name, channels[0].data_type, branches.name)

    @property
    def origins(self) -> list[PipelineChannel]:
        """The outputs of the branches."""
        return list(self.channels)

    def __str__(self) -> str:
        raise CompileError("dsl.OneOf can't stand inside a string", where=user_line(), hint="pass it as an argument")


class OneOfParameter(OneOfChannel, PipelineParameterChannel):
    """One of several parameters."""


class OneOfArtifact(OneOfChannel, PipelineArtifactChannel):
    """One of several artifacts."""


def channels_in(value: Any) -> Iterator[PipelineChannel]:
    """The channels in a value: itself, in a string, or anywhere in lists and dicts."""
    if isinstance(value, PipelineChannel):
        yield value
    elif isinstance(value, str):
        for pattern in _PATTERN.findall(value):
            yield _registered(pattern)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from channels_in(key)
            yield from channels_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from channels_in(each)


def replace_patterns(value: Any, replacements: dict[str, str]) -> Any:
    """A copy of a value in which channels and their patterns are replaced by texts."""
    if isinstance(value, PipelineChannel):
        return replacements.get(value.pattern, value.pattern)
    if isinstance(value, str):
        return _PATTERN.sub(lambda match: replacements.get(match.group(0), match.group(0)), value)
    if isinstance(value, dict):
        return {replace_patterns(key, replacements): replace_patterns(each, replacements) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [replace_patterns(each, replacements) for each in value]
    return value


def _registered(pattern: str) -> PipelineChannel:
    pipeline = Pipeline.current()
    channel = pipeline.channels.get(pattern) if pipeline is not None else None
    if channel is None:
        raise CompileError(
            f"a string holds {pattern}, a value of another pipeline",
            where=user_line(),
            hint="use inputs and tasks of this pipeline only",
        )
    return channel
