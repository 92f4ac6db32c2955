"""The item of a `ParallelFor` as its body sees it, and fields of a struct item."""

from __future__ import annotations

import re
from typing import Any

from localflow.dsl.channel import Collected, PipelineArtifactChannel, PipelineChannel, PipelineParameterChannel, channels_in
from localflow.dsl.data_types import UNKNOWN_ITEM, ArtifactOf, Parameter, item_type, value_type
from localflow.dsl.location import user_line
from localflow.errors import CompileError
from localflow.spec.base import Json
from localflow.spec.pipeline_spec import ParameterType

LOOP_ITEM = "loop-item"
_FIELD = re.compile(r"[a-zA-Z_][0-9a-zA-Z_]*")


class LoopArgumentVariable(PipelineParameterChannel):
    """A field of a loop's struct item."""

    def __init__(self, loop_argument: LoopParameterArgument, subvar_name: str, data_type: Parameter) -> None:
        self.loop_argument = loop_argument
        self.subvar_name = subvar_name
        super().__init__(f"{loop_argument.name}-subvar-{subvar_name}", data_type, loop_argument.task_name)

    @property
    def selector(self) -> str:
        """The expression that takes the field out of the item."""
        return f'parseJson(string_value)["{self.subvar_name}"]'


class LoopParameterArgument(PipelineParameterChannel):
    """The item of a loop over parameters; fields of a struct item are attributes."""

    def __init__(self, name: str, data_type: Parameter, items: list[Json] | PipelineChannel) -> None:
        self.items = items
        self.fields: dict[str, LoopArgumentVariable] = {}
        super().__init__(name, data_type, items.task_name if isinstance(items, PipelineChannel) else None)

    @property
    def items_are_static(self) -> bool:
        """Whether the items stand in the source."""
        return isinstance(self.items, list)

    def __getattr__(self, name: str) -> LoopArgumentVariable:
        if name.startswith("__") or "fields" not in self.__dict__:
            raise AttributeError(name)
        return self.field(name)

    def field(self, name: str) -> LoopArgumentVariable:
        """The field of that name."""
        if not _FIELD.fullmatch(name):
            raise CompileError(f"{name!r} can't be a field of a loop's item: it isn't a Python name", where=user_line())
        if name not in self.fields:
            self.fields[name] = LoopArgumentVariable(self, name, self._field_type(name))
        return self.fields[name]

    def _field_type(self, name: str) -> Parameter:
        if isinstance(self.items, list):
            first = self.items[0]
            if isinstance(first, dict):
                if name not in first:
                    known = ", ".join(repr(each) for each in first)
                    raise CompileError(f"the loop's items have no field {name!r}", where=user_line(), hint=f"they have {known}")
                return item_type(first[name])
        data_type = self.data_type
        return (data_type.value if isinstance(data_type, Parameter) else None) or UNKNOWN_ITEM


class LoopArtifactArgument(PipelineArtifactChannel):
    """The item of a loop over a list of artifacts."""

    def __init__(self, name: str, data_type: ArtifactOf, items: PipelineChannel) -> None:
        self.items = items
        super().__init__(name, data_type, items.task_name)


LoopArgument = LoopParameterArgument | LoopArtifactArgument


def loop_argument(items: Any, new_id: str | None) -> LoopArgument:
    """The item of a loop over the given items: a list of constants, or a channel with a list.

    Args:
        items: what `ParallelFor` was given.
        new_id: a number for the item's name, needed for constants only.

    Raises:
        CompileError: the items can't be looped over.
    """
    if isinstance(items, Collected):
        raise CompileError(
            "dsl.ParallelFor can't loop over dsl.Collected directly",
            where=user_line(),
            hint="pass the collected list through a component that returns a list",
        )
    if isinstance(items, PipelineChannel):
        return _over_channel(items)
    if not isinstance(items, list | tuple):
        raise CompileError(
            f"dsl.ParallelFor loops over a list, got {type(items).__name__} {items!r}", where=user_line()
        )
    if not items:
        raise CompileError("dsl.ParallelFor got an empty list", where=user_line())
    for index, item in enumerate(items):
        if value_type(item) is None or any(channels_in(item)):
            raise CompileError(
                f"item {index} of dsl.ParallelFor is {item!r}, which isn't a constant",
                where=user_line(),
                hint="items are str, int, float, bool, list or dict; to loop over outputs use one task that returns a list",
            )
    return LoopParameterArgument(f"{LOOP_ITEM}-param-{new_id}", item_type(items[0]), list(items))


def _over_channel(items: PipelineChannel) -> LoopArgument:
    name = f"{items.name}-{LOOP_ITEM}"
    if isinstance(items.data_type, ArtifactOf):
        if not items.data_type.is_list:
            raise CompileError(
                f"dsl.ParallelFor can't loop over {items.full_name!r}, a single artifact",
                where=user_line(),
                hint="it takes a list of artifacts, such as dsl.Collected makes",
            )
        return LoopArtifactArgument(name, ArtifactOf(items.data_type.schema_title, items.data_type.schema_version), items)
    if not isinstance(items, LoopArgumentVariable) and not items.data_type.guessed:
        if items.data_type.kind is not ParameterType.LIST:
            raise CompileError(
                f"dsl.ParallelFor can't loop over {items.full_name!r} of type {items.data_type}",
                where=user_line(),
                hint="annotate it as a list",
            )
    return LoopParameterArgument(name, items.data_type.item or UNKNOWN_ITEM, items)
