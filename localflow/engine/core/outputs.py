"""What a DAG or a loop gives out, from the outputs of the tasks inside."""

from __future__ import annotations

from localflow.engine.core.model import SUCCESSFUL, Loop, Scope
from localflow.engine.core.values import ArtifactValue, Values
from localflow.engine.graph import DagPlan
from localflow.spec.base import Json


def dag_outputs(scope: Scope) -> Values:
    """The outputs of a DAG. One whose task was skipped is left out: who needs it, fails; who can do without, runs."""
    parameters: dict[str, Json] = {}
    for key, output in scope.plan.spec.outputs.parameters.items():
        if output.value_from_parameter:
            selectors = [output.value_from_parameter]
        else:
            selectors = output.value_from_oneof.parameter_selectors if output.value_from_oneof else []
        for selector in selectors:
            producer = scope.tasks[selector.producer_subtask]
            if producer.state in SUCCESSFUL and selector.output_parameter_key in producer.outputs.parameters:
                parameters[key] = producer.outputs.parameters[selector.output_parameter_key]
                break
    artifacts: dict[str, tuple[ArtifactValue, ...]] = {}
    for key, output_artifact in scope.plan.spec.outputs.artifacts.items():
        for artifact_selector in output_artifact.artifact_selectors:
            producer = scope.tasks[artifact_selector.producer_subtask]
            items = producer.outputs.artifacts.get(artifact_selector.output_artifact_key)
            if producer.state in SUCCESSFUL and items is not None:
                artifacts[key] = items
                break
    return Values(parameters, artifacts)


def loop_outputs(plan: DagPlan, loop: Loop) -> Values:
    """The outputs of all iterations as lists, in the order of the items; those of inner loops are flattened.

    An iteration that gives out nothing under a key, since the task was skipped there, adds nothing to the list.
    """
    parameters: dict[str, Json] = {}
    for key in plan.spec.outputs.parameters:
        collected: list[Json] = []
        for values in _in_order(loop):
            if key in values.parameters:
                value = values.parameters[key]
                collected.extend(value if key in plan.collected else [value])
        parameters[key] = collected
    artifacts = {
        key: tuple(item for values in _in_order(loop) for item in values.artifacts.get(key, ()))
        for key in plan.spec.outputs.artifacts
    }
    return Values(parameters, artifacts)


def _in_order(loop: Loop) -> list[Values]:
    return [loop.results[index] for index in sorted(loop.results)]
