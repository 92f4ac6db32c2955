"""How a task ended, in the words that Kubeflow's cluster uses towards exit handlers."""

from __future__ import annotations

from typing import Final

from localflow.engine.core.model import Task
from localflow.spec.base import Json
from localflow.spec.states import TaskState

_STATES: Final = {
    TaskState.SUCCEEDED: "COMPLETE",
    TaskState.CACHED: "CACHED",
    TaskState.FAILED: "FAILED",
    TaskState.CANCELLED: "CANCELED",
    TaskState.SKIPPED: "NOT_TRIGGERED",
}
_RPC_UNKNOWN: Final = 2
_RPC_CANCELLED: Final = 1


def final_status(task: Task, run_resource_name: str) -> dict[str, Json]:
    """``PipelineTaskFinalStatus`` of `task`; unlike on the cluster, with the error of the task that failed."""
    error: dict[str, Json] = {}
    if task.state is TaskState.FAILED:
        error = {"code": _RPC_UNKNOWN, "message": task.reason}
    elif task.state is TaskState.CANCELLED:
        error = {"code": _RPC_CANCELLED, "message": task.reason}
    return {
        "state": _STATES.get(task.state, str(task.state)),
        "error": error,
        "pipelineJobResourceName": run_resource_name,
        "pipelineTaskName": task.name,
    }
