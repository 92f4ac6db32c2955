"""Types of parameters and artifacts: read from annotations and values, compared, written to the IR."""

from __future__ import annotations

import inspect
import types
import typing
from dataclasses import dataclass
from typing import Any, Final

from localflow.spec.executor_types import Artifact, PipelineTaskFinalStatus, TaskConfig
from localflow.spec.pipeline_spec import ArtifactTypeSchema, ParameterType

DEFAULT_SCHEMA_VERSION: Final = "0.0.1"


@dataclass(frozen=True, slots=True)
class Parameter:
    """Type of a parameter.

    Attributes:
        kind: the type in the IR.
        item: type of a list's items, where known.
        value: type of a struct's values, where known.
        guessed: nothing is known, so that it fits everywhere (an item of an untyped list).
        literals: the values allowed by ``Literal``; empty for all.
    """

    kind: ParameterType
    item: Parameter | None = None
    value: Parameter | None = None
    guessed: bool = False
    literals: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.kind.value


@dataclass(frozen=True, slots=True)
class ArtifactOf:
    """Type of an artifact, or of a list of artifacts."""

    schema_title: str
    schema_version: str = DEFAULT_SCHEMA_VERSION
    is_list: bool = False

    def __str__(self) -> str:
        title = f"{self.schema_title}@{self.schema_version}"
        return f"List[{title}]" if self.is_list else title

    @property
    def schema(self) -> ArtifactTypeSchema:
        """The type as the IR has it."""
        return ArtifactTypeSchema(schema_title=self.schema_title, schema_version=self.schema_version)


DataType = Parameter | ArtifactOf

STRING: Final = Parameter(ParameterType.STRING)
INTEGER: Final = Parameter(ParameterType.NUMBER_INTEGER)
DOUBLE: Final = Parameter(ParameterType.NUMBER_DOUBLE)
BOOLEAN: Final = Parameter(ParameterType.BOOLEAN)
LIST: Final = Parameter(ParameterType.LIST)
STRUCT: Final = Parameter(ParameterType.STRUCT)
UNKNOWN_ITEM: Final = Parameter(ParameterType.STRING, guessed=True)
ANY_ARTIFACT: Final = ArtifactOf("system.Artifact")

_OF_PYTHON: Final[dict[type, Parameter]] = {
    str: STRING,
    int: INTEGER,
    float: DOUBLE,
    bool: BOOLEAN,
    list: LIST,
    dict: STRUCT,
    PipelineTaskFinalStatus: Parameter(ParameterType.TASK_FINAL_STATUS),
    TaskConfig: Parameter(ParameterType.TASK_CONFIG),
}
_OF_NAME: Final[dict[str, Parameter]] = {
    "integer": INTEGER,
    "int": INTEGER,
    "double": DOUBLE,
    "float": DOUBLE,
    "string": STRING,
    "str": STRING,
    "text": STRING,
    "bool": BOOLEAN,
    "boolean": BOOLEAN,
    "dict": STRUCT,
    "list": LIST,
    "jsonobject": STRUCT,
    "jsonarray": LIST,
    "pipelinetaskfinalstatus": _OF_PYTHON[PipelineTaskFinalStatus],
    "taskconfig": _OF_PYTHON[TaskConfig],
}
_ARTIFACT_OF_NAME: Final[dict[str, ArtifactOf]] = {
    title.lower(): ArtifactOf(f"system.{title}")
    for title in (
        "Artifact",
        "Dataset",
        "Model",
        "Metrics",
        "ClassificationMetrics",
        "SlicedClassificationMetrics",
        "HTML",
        "Markdown",
    )
}


def strip_optional(annotation: Any) -> Any:
    """``X`` of ``Optional[X]`` or ``X | None``; any other annotation itself."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = [each for each in typing.get_args(annotation) if each is not type(None)]
        if len(members) == 1 and len(typing.get_args(annotation)) == 2:
            return members[0]
    return annotation


def is_artifact_class(annotation: Any) -> bool:
    """Whether the annotation is a class of artifacts: ours, kfp's or one with the same two attributes."""
    return inspect.isclass(annotation) and (
        issubclass(annotation, Artifact)
        or (hasattr(annotation, "schema_title") and hasattr(annotation, "schema_version"))
    )


def artifact_type(annotation: Any) -> ArtifactOf | None:
    """The type of an artifact class or a list of one; None for other annotations."""
    if is_artifact_class(annotation):
        return ArtifactOf(annotation.schema_title, getattr(annotation, "schema_version", DEFAULT_SCHEMA_VERSION))
    if typing.get_origin(annotation) is list:
        (inner,) = typing.get_args(annotation)
        if is_artifact_class(inner):
            return ArtifactOf(inner.schema_title, inner.schema_version, is_list=True)
    return None


def parameter_type(annotation: Any) -> Parameter | None:
    """The type of a parameter's annotation, be it a class, a generic of typing or a name; None for other annotations."""
    annotation = strip_optional(annotation)
    if isinstance(annotation, str):
        return _OF_NAME.get(annotation.removeprefix("typing.").split("[")[0].strip().lower())
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        return Parameter(ParameterType.LIST, item=parameter_type(arguments[0]) if arguments else None)
    if origin is dict:
        return Parameter(ParameterType.STRUCT, value=parameter_type(arguments[1]) if len(arguments) == 2 else None)
    if origin is typing.Literal:
        kinds = {_OF_PYTHON.get(type(each)) for each in arguments}
        (kind,) = kinds if len(kinds) == 1 else (None,)
        return Parameter(kind.kind, literals=arguments) if kind is not None else None
    if annotation in (typing.List, typing.Dict):  # noqa: UP006 - the bare generics, as users write them
        return LIST if annotation is typing.List else STRUCT  # noqa: UP006
    if inspect.isclass(annotation):
        known = _OF_PYTHON.get(annotation)
        return known if known is not None else _OF_NAME.get(annotation.__name__.lower(), None)
    return None


def path_type(declared: Any) -> DataType:
    """What ``InputPath(declared)`` or ``OutputPath(declared)`` stands for: a parameter, or an artifact."""
    artifact = artifact_type(declared)
    if artifact is not None:
        return artifact
    if isinstance(declared, str):
        if "@" in declared:
            return ArtifactOf(*declared.split("@", 1))
        if declared.lower() in _ARTIFACT_OF_NAME:
            return _ARTIFACT_OF_NAME[declared.lower()]
    return parameter_type(declared) or ANY_ARTIFACT


def value_type(value: Any) -> Parameter | None:
    """The type of a constant; None when a constant of that class can't be a parameter."""
    return _OF_PYTHON.get(type(value)) if type(value) in (str, int, float, bool, list, dict) else None


def item_type(value: Any) -> Parameter:
    """The type of an item written in the source, structs with the type of their first value."""
    known = value_type(value)
    if known is None:
        return UNKNOWN_ITEM
    if isinstance(value, dict) and value:
        return Parameter(ParameterType.STRUCT, value=value_type(next(iter(value.values()))))
    return known


def fits(given: DataType, expected: DataType) -> bool:
    """Whether a value of the given type may be passed where the expected type is declared."""
    if isinstance(given, Parameter):
        if given.guessed:
            return True
        return isinstance(expected, Parameter) and _plain(given.kind) == _plain(expected.kind)
    if isinstance(expected, Parameter) or given.is_list != expected.is_list:
        return False
    if "system.Artifact" in (given.schema_title, expected.schema_title):
        return True
    majors = {each.schema_version.split(".")[0] for each in (given, expected)}
    return given.schema_title == expected.schema_title and len(majors) == 1


def _plain(kind: ParameterType) -> ParameterType:
    injected = (ParameterType.TASK_FINAL_STATUS, ParameterType.TASK_CONFIG)
    return ParameterType.STRUCT if kind in injected else kind
