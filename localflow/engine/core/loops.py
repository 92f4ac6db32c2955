"""Loops: their items, the inputs of each iteration, and how a loop ends."""

from __future__ import annotations

import json

from localflow.engine.core.inputs import InputError
from localflow.engine.core.model import Loop, Task
from localflow.engine.core.outputs import loop_outputs
from localflow.engine.core.values import NO_VALUES, Values
from localflow.spec.base import Json
from localflow.spec.states import TaskState

MAX_ITERATIONS = 10_000


def begin(task: Task) -> Loop:
    """The loop that `task` is, with no iteration started.

    Raises:
        InputError: what it loops over isn't a list, or too long.
    """
    policy = task.plan.spec.iterator_policy
    items = _items(task)
    if len(items) > MAX_ITERATIONS:
        raise InputError(f"it loops over {len(items):,} items; at most {MAX_ITERATIONS:,} are supported")
    return Loop(items, policy.parallelism_limit if policy else 0)


def iteration_inputs(task: Task, index: int) -> Values:
    """What iteration `index` of the loop `task` gets: the loop's inputs, with the item in place of the items."""
    assert task.loop is not None  # noqa: S101 - the task is a loop
    item = task.loop.items[index]
    spec = task.plan.spec
    parameters = dict(task.inputs.parameters)
    artifacts = dict(task.inputs.artifacts)
    if spec.artifact_iterator:
        artifacts.pop(spec.artifact_iterator.items.input_artifact, None)
        artifacts[spec.artifact_iterator.item_input] = item
    elif spec.parameter_iterator:
        if spec.parameter_iterator.items.input_parameter != spec.parameter_iterator.item_input:
            parameters.pop(spec.parameter_iterator.items.input_parameter or "", None)
        parameters[spec.parameter_iterator.item_input] = item
    return Values(parameters, artifacts)


def iteration_ended(task: Task, iteration: Task) -> None:
    """Take note that an iteration of the loop `task` has ended."""
    loop = task.loop
    assert loop is not None  # noqa: S101 - the task is a loop
    loop.active -= 1
    if iteration.state is TaskState.SUCCEEDED:
        if iteration.outputs != NO_VALUES:
            loop.results[int(iteration.name)] = iteration.outputs
    elif iteration.state is TaskState.CANCELLED:
        loop.has_cancelled = True
    elif loop.failed is None:
        loop.failed = iteration


def result(task: Task) -> tuple[TaskState, Values]:
    """How the loop ends, once none of its iterations is active."""
    loop = task.loop
    assert loop is not None  # noqa: S101 - the task is a loop
    assert task.plan.dag is not None  # noqa: S101 - loops are DAGs
    if loop.failed is not None:
        return TaskState.FAILED, NO_VALUES
    if loop.has_cancelled or loop.started < len(loop.items):
        return TaskState.CANCELLED, NO_VALUES
    return TaskState.SUCCEEDED, loop_outputs(task.plan.dag, loop)


def _items(task: Task) -> list[Json]:
    spec = task.plan.spec
    if spec.artifact_iterator:
        return [(item,) for item in task.inputs.artifacts.get(spec.artifact_iterator.items.input_artifact, ())]
    assert spec.parameter_iterator is not None  # noqa: S101 - loops have one of the two
    source = spec.parameter_iterator.items
    value: Json
    if source.raw is not None:
        origin, value = "its items", source.raw
    else:
        origin, value = f"its items, input {source.input_parameter!r},", None
        value = task.inputs.parameters.get(source.input_parameter or "")
        definition = task.plan.component.input_definitions.parameters.get(source.input_parameter or "")
        if value is None and definition is not None:
            value = definition.default_value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise InputError(f"{origin} are not a list but text that isn't JSON: {value[:80]!r}") from None
    if not isinstance(value, list):
        raise InputError(f"{origin} are not a list but {type(value).__name__}: {str(value)[:80]}")
    return value
