"""A run from its records: what a killed engine knew, so that another goes on where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from localflow.engine.core import loops
from localflow.engine.core.inputs import resolve_inputs, with_defaults
from localflow.engine.core.machine import Machine
from localflow.engine.core.model import Scope, Task
from localflow.engine.core.values import Values
from localflow.engine.graph import TaskKind
from localflow.spec.base import Json
from localflow.spec.states import RunState, TaskState


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What is recorded of a task."""

    number: int
    path: str
    parent: int | None
    """Number of the task that it is inside of."""
    iteration: int | None
    state: TaskState
    attempts: int
    has_live_attempt: bool
    not_before: datetime | None = None
    reason: str = ""
    failure: str = ""
    outputs: Mapping[str, Json] = field(default_factory=dict)


def restore(machine: Machine, state: RunState, records: Sequence[TaskRecord]) -> dict[int, datetime]:
    """Bring a new `machine` to where the records are.

    A turn is recorded as a whole, so nothing is half decided: what is left open is exactly what waits for a slot,
    for an attempt, or for the time of a retry.

    Returns:
        The tasks that wait for their next attempt, with its time; send `RetryDue` then.
    """
    machine.state = state
    if state is RunState.PENDING:
        return {}
    restorer = _Restorer(machine, {record.path: record for record in records})
    restorer.scope(machine.root)
    return restorer.retries


class _Restorer:
    def __init__(self, machine: Machine, records: Mapping[str, TaskRecord]) -> None:
        self._machine = machine
        self._records = records
        self._iterations: dict[int | None, list[tuple[int, TaskRecord]]] = {}
        for record in records.values():
            if record.iteration is not None:
                self._iterations.setdefault(record.parent, []).append((record.iteration, record))
        self.retries: dict[int, datetime] = {}

    def scope(self, scope: Scope) -> None:
        prefix = f"{scope.owner.path}." if scope.owner else ""
        for plan in scope.plan.tasks.values():
            record = self._records[f"{prefix}{plan.name}"]
            task = self._machine.new_task(plan, scope, record.path, record.number)
            self._fill(task, record)
        for task in scope.tasks.values():
            task.waiting = sum(not scope.tasks[name].state.is_final for name in task.plan.upstream)
            if not task.state.is_final:
                scope.unfinished += 1
            elif task.state is TaskState.FAILED and not task.plan.failure_is_tolerated and scope.failed is None:
                scope.failed = task
            elif task.state is TaskState.CANCELLED:
                scope.has_cancelled = True
        for task in scope.tasks.values():
            self._take_up(task)

    def _fill(self, task: Task, record: TaskRecord) -> None:
        task.state = record.state
        task.attempts = record.attempts
        task.reason, task.failure = record.reason, record.failure
        task.outputs = Values.from_json(record.outputs)

    def _take_up(self, task: Task) -> None:
        if task.state is TaskState.PENDING and task.waiting == 0:
            task.inputs = resolve_inputs(task, self._machine.settings.resource_name)
            self._machine.ready.append(task)
        elif task.state is TaskState.RUNNING:
            task.inputs = resolve_inputs(task, self._machine.settings.resource_name)
            if task.kind is TaskKind.LOOP:
                self._loop(task)
            elif task.kind is TaskKind.DAG:
                self._inside(task, task.inputs)
            elif self._records[task.path].has_live_attempt:
                self._machine.running += 1
            else:
                task.is_retrying = True
                self.retries[task.number] = self._records[task.path].not_before or datetime.min

    def _inside(self, task: Task, inputs: Values) -> None:
        assert task.plan.dag is not None  # noqa: S101 - only DAGs and iterations have an inside
        filled = with_defaults(task.plan.component, inputs.parameters)
        task.inside = Scope(task.plan.dag, task, Values(filled, inputs.artifacts))
        self.scope(task.inside)

    def _loop(self, task: Task) -> None:
        loop = task.loop = loops.begin(task)
        for index, record in sorted(self._iterations.get(task.number, ()), key=lambda item: item[0]):
            loop.started = max(loop.started, index + 1)
            loop.active += 1
            iteration = self._machine.new_iteration(task, index, record.number)
            self._fill(iteration, record)
            if iteration.state.is_final:
                loops.iteration_ended(task, iteration)
                del self._machine.tasks[iteration.number]
            else:
                iteration.inputs = loops.iteration_inputs(task, index)
                self._inside(iteration, iteration.inputs)
        if loop.has_room:
            self._machine.open_loops[task.number] = task
