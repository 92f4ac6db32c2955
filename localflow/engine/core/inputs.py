"""Where a task's inputs come from: the rules of Kubeflow's driver (backend/src/v2/driver/resolve.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from localflow.engine.core.final_status import final_status
from localflow.engine.core.model import SUCCESSFUL, Scope, Task
from localflow.engine.core.values import ArtifactValue, Values
from localflow.engine.expressions import select
from localflow.errors import InvalidInputError
from localflow.spec.base import Json
from localflow.spec.parameter_types import convert, effective_type, format_value
from localflow.spec.pipeline_spec import ComponentSpec, TaskInputParameter
from localflow.spec.placeholders import substitute_inputs

_ABSENT: Final = object()


class InputError(InvalidInputError):
    """A task's input can't be had; the task fails with this message."""


def resolve_inputs(task: Task, run_resource_name: str) -> Values:
    """The inputs of `task`, converted to their types; optional ones that nobody gave are left out.

    Raises:
        InputError: a required input is missing, or a value has the wrong type.
    """
    spec = task.plan.spec.inputs
    component = task.plan.component
    scope = task.scope
    parameters: dict[str, Json] = {}
    embedded: list[str] = []
    for name, source in spec.parameters.items():
        value = _parameter(source, scope, run_resource_name)
        if value is _ABSENT or value is None:
            _require_optional(component, name, source, scope)
            continue
        if source.parameter_expression_selector:
            value = select(source.parameter_expression_selector, value)
        if isinstance(value, str) and source.runtime_value and "{{$." in value:
            embedded.append(name)
        parameters[name] = value
    for name in embedded:
        others = {other: format_value(value) for other, value in parameters.items() if other != name}
        parameters[name] = substitute_inputs(parameters[name], others)
    artifacts: dict[str, tuple[ArtifactValue, ...]] = {}
    for name, source_artifact in spec.artifacts.items():
        if source_artifact.task_output_artifact:
            selector = source_artifact.task_output_artifact
            items = scope.tasks[selector.producer_task].outputs.artifacts.get(selector.output_artifact_key)
            origin = _origin(scope.tasks[selector.producer_task], selector.output_artifact_key)
        else:
            items = scope.inputs.artifacts.get(source_artifact.component_input_artifact or "")
            origin = f"the input {source_artifact.component_input_artifact!r} around it, which nobody gave"
        if items is not None:
            artifacts[name] = items
        elif not _artifact_is_optional(component, name):
            raise InputError(f"its input artifact {name!r} is missing: it comes from {origin}")
    return Values(_converted(component, parameters, task.path), artifacts)


def with_defaults(component: ComponentSpec, parameters: Mapping[str, Json]) -> dict[str, Json]:
    """`parameters` and the defaults of those that were left out."""
    filled = dict(parameters)
    for name, definition in component.input_definitions.parameters.items():
        if name not in filled and definition.default_value is not None:
            filled[name] = definition.default_value
    return filled


def _parameter(source: TaskInputParameter, scope: Scope, run_resource_name: str) -> Json:
    if source.task_output_parameter:
        producer = scope.tasks[source.task_output_parameter.producer_task]
        return producer.outputs.parameters.get(source.task_output_parameter.output_parameter_key, _ABSENT)
    if source.component_input_parameter is not None:
        return scope.inputs.parameters.get(source.component_input_parameter, _ABSENT)
    if source.task_final_status:
        return final_status(scope.tasks[source.task_final_status.producer_task], run_resource_name)
    if source.runtime_value:
        if source.runtime_value.runtime_parameter is not None:
            return scope.inputs.parameters.get(source.runtime_value.runtime_parameter, _ABSENT)
        if source.runtime_value.constant_value is not None:
            return source.runtime_value.constant_value.python
        return source.runtime_value.constant
    return _ABSENT


def _require_optional(component: ComponentSpec, name: str, source: TaskInputParameter, scope: Scope) -> None:
    definition = component.input_definitions.parameters.get(name)
    if definition is None or not definition.is_required or source.task_final_status:
        return
    if component.dag is not None and not source.task_output_parameter:
        # An optional input of a nested pipeline is handed on as absent; the task that needs it fails.
        return
    if source.task_output_parameter:
        producer = scope.tasks[source.task_output_parameter.producer_task]
        origin = _origin(producer, source.task_output_parameter.output_parameter_key)
    else:
        origin = f"the input {source.component_input_parameter!r} around it, which has no value"
    raise InputError(f"its input {name!r} is missing: it comes from {origin}")


def _origin(producer: Task, key: str) -> str:
    if producer.state in SUCCESSFUL:
        return f"the output {key!r} of {producer.name!r}, which has no value"
    return f"the output {key!r} of {producer.name!r}, which is {producer.state}"


def _artifact_is_optional(component: ComponentSpec, name: str) -> bool:
    definition = component.input_definitions.artifacts.get(name)
    return definition is None or definition.is_optional


def _converted(component: ComponentSpec, parameters: Mapping[str, Json], path: str) -> dict[str, Json]:
    definitions = component.input_definitions.parameters
    return {
        name: convert(value, effective_type(definitions[name]), where=f"task {path}, input {name}")
        if name in definitions
        else value
        for name, value in parameters.items()
    }
