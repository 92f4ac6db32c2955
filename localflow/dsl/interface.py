"""What a component takes and gives: inputs and outputs by name, and their form in the IR."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from localflow.dsl.task_config import TaskConfigPassthrough
from localflow.dsl.data_types import ArtifactOf, DataType, Parameter
from localflow.errors import CompileError
from localflow.spec.base import Json
from localflow.spec.pipeline_spec import (
    ComponentInputsSpec,
    ComponentOutputsSpec,
    ComponentSpec,
    InputArtifactSpec,
    InputParameterSpec,
    OutputArtifactSpec,
    OutputParameterSpec,
    ParameterType,
)
from localflow.spec.pipeline_spec import TaskConfigPassthrough as TaskConfigPassthroughMessage

_DEFAULT_CLASSES: dict[ParameterType, tuple[type, ...]] = {
    ParameterType.STRING: (str,),
    ParameterType.NUMBER_INTEGER: (int, float),
    ParameterType.NUMBER_DOUBLE: (int, float),
    ParameterType.BOOLEAN: (bool,),
    ParameterType.LIST: (list,),
    ParameterType.STRUCT: (dict,),
}


@dataclass(frozen=True, slots=True)
class InputSpec:
    """An input of a component."""

    type: DataType
    default: Json = None
    optional: bool = False
    description: str | None = None

    @property
    def is_injected(self) -> bool:
        """Whether the runner gives the value: a final status or a task's configuration."""
        injected = (ParameterType.TASK_FINAL_STATUS, ParameterType.TASK_CONFIG)
        return isinstance(self.type, Parameter) and self.type.kind in injected

    @property
    def is_final_status(self) -> bool:
        """Whether it takes the final status of a task."""
        return isinstance(self.type, Parameter) and self.type.kind is ParameterType.TASK_FINAL_STATUS


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """An output of a component."""

    type: DataType
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """Name, description, inputs and outputs of a component, and where it is written."""

    name: str
    description: str | None = None
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    outputs: dict[str, OutputSpec] = field(default_factory=dict)
    task_config_passthroughs: tuple[TaskConfigPassthrough, ...] = ()
    where: str = ""

    @property
    def required_inputs(self) -> list[str]:
        """Names of the inputs that must be given."""
        return [name for name, each in self.inputs.items() if not each.optional]


def component_spec(interface: Interface, **implementation: Any) -> ComponentSpec:
    """The interface as a component of the IR, with its implementation (``dag`` or ``executor_label``)."""
    fields: dict[str, Any] = dict(implementation)
    inputs = {name: input_message(each) for name, each in interface.inputs.items()}
    outputs = {name: output_message(each.type, each.description) for name, each in interface.outputs.items()}
    input_groups = _grouped(inputs, InputParameterSpec)
    output_groups = _grouped(outputs, OutputParameterSpec)
    if input_groups:
        fields["input_definitions"] = ComponentInputsSpec(**input_groups)
    if output_groups:
        fields["output_definitions"] = ComponentOutputsSpec(**output_groups)
    if interface.task_config_passthroughs:
        fields["task_config_passthroughs"] = [_passthrough(each) for each in interface.task_config_passthroughs]
    return ComponentSpec(**fields)


def input_message(spec: InputSpec) -> InputParameterSpec | InputArtifactSpec:
    """An input as the IR has it."""
    fields: dict[str, Any] = {}
    if spec.optional or spec.is_injected:
        fields["is_optional"] = True
    if spec.description:
        fields["description"] = spec.description
    if isinstance(spec.type, ArtifactOf):
        if spec.type.is_list:
            fields["is_artifact_list"] = True
        return InputArtifactSpec(artifact_type=spec.type.schema, **fields)
    if spec.default is not None and not spec.is_injected:
        fields["default_value"] = spec.default
    if spec.type.literals:
        fields["literals"] = list(spec.type.literals)
    return InputParameterSpec(parameter_type=spec.type.kind, **fields)


def output_message(data_type: DataType, description: str | None = None) -> OutputParameterSpec | OutputArtifactSpec:
    """An output as the IR has it."""
    fields: dict[str, Any] = {"description": description} if description else {}
    if isinstance(data_type, ArtifactOf):
        if data_type.is_list:
            fields["is_artifact_list"] = True
        return OutputArtifactSpec(artifact_type=data_type.schema, **fields)
    return OutputParameterSpec(parameter_type=data_type.kind, **fields)


def check_default(name: str, spec: InputSpec, component: str, where: str) -> None:
    """Raise `CompileError` unless the default is of the declared type."""
    if spec.default is None or not isinstance(spec.type, Parameter):
        return
    allowed = _DEFAULT_CLASSES.get(spec.type.kind)
    wrong_bool = isinstance(spec.default, bool) and spec.type.kind is not ParameterType.BOOLEAN
    if allowed is not None and (wrong_bool or not isinstance(spec.default, allowed)):
        raise CompileError(
            f"the default of parameter {name!r} of {component!r} is {spec.default!r}, a "
            f"{type(spec.default).__name__}, but the parameter's type is {spec.type}",
            where=where,
        )
    if spec.type.literals and spec.default not in spec.type.literals:
        raise CompileError(
            f"the default of parameter {name!r} of {component!r} is {spec.default!r}, which isn't one of its literals",
            where=where,
        )


def _passthrough(passthrough: TaskConfigPassthrough) -> TaskConfigPassthroughMessage:
    fields = {"apply_to_task": True} if passthrough.apply_to_task else {}
    return TaskConfigPassthroughMessage(field=passthrough.field.name, **fields)


def _grouped(messages: dict[str, Any], parameter_class: type) -> dict[str, dict[str, Any]]:
    parameters = {name: each for name, each in messages.items() if isinstance(each, parameter_class)}
    artifacts = {name: each for name, each in messages.items() if not isinstance(each, parameter_class)}
    groups = {"parameters": parameters, "artifacts": artifacts}
    return {name: group for name, group in groups.items() if group}
