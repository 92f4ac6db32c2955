"""Which tasks of a DAG depend on which."""

from __future__ import annotations

from localflow.spec.pipeline_spec import PipelineTaskSpec


def upstream_tasks(task: PipelineTaskSpec) -> dict[str, None]:
    """The tasks that `task` depends on, in order: those it names and those whose outputs or status it takes."""
    upstream = dict.fromkeys(task.dependent_tasks)
    for parameter in task.inputs.parameters.values():
        if parameter.task_output_parameter:
            upstream[parameter.task_output_parameter.producer_task] = None
        if parameter.task_final_status:
            upstream[parameter.task_final_status.producer_task] = None
    for artifact in task.inputs.artifacts.values():
        if artifact.task_output_artifact:
            upstream[artifact.task_output_artifact.producer_task] = None
    return upstream
