"""The state machine of a run: events in, changes and commands out. Work per event is proportional to what it touches."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from localflow.engine.core import loops
from localflow.engine.core.events import (
    CancelAttempt,
    CancelRequested,
    EndRun,
    Event,
    Launch,
    RetryDue,
    RunStarted,
    TaskCancelled,
    TaskFailed,
    TaskSucceeded,
    Turn,
    Wake,
)
from localflow.engine.core.inputs import resolve_inputs, with_defaults
from localflow.engine.core.model import SUCCESSFUL, Scope, Task
from localflow.engine.core.outputs import dag_outputs
from localflow.engine.core.values import NO_VALUES, Values
from localflow.engine.expressions import evaluate_condition
from localflow.engine.graph import DagPlan, TaskKind, TaskPlan
from localflow.errors import LocalflowError
from localflow.spec.pipeline_spec import duration_seconds
from localflow.spec.states import RUN_TRANSITIONS, TASK_TRANSITIONS, RunState, TaskState, check_transition
from localflow.store.changes import NewTask, RetryScheduled, RunMoved, TaskMoved

_EXECUTED = (TaskKind.CONTAINER, TaskKind.IMPORTER)
_LONGEST_BACKOFF_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run is told besides its pipeline."""

    run_id: str
    pipeline_name: str
    parallelism: int
    """How many attempts may be under way at once."""
    fail_fast: bool = True
    """After a failure nothing new starts in that DAG."""

    @property
    def resource_name(self) -> str:
        """``pipeline_job_resource_name``."""
        return f"{self.pipeline_name}-{self.run_id}"


class Machine:
    """A run in memory. `step` takes what happened and says what to record and then to do."""

    def __init__(self, plan: DagPlan, arguments: Values, settings: RunSettings) -> None:
        self.settings = settings
        self.state = RunState.PENDING
        self.root = Scope(plan, None, Values(with_defaults(plan.component, arguments.parameters), arguments.artifacts))
        self.tasks: dict[int, Task] = {}
        """The tasks that are still of interest, by number."""
        self.ready: deque[Task] = deque()
        self.running = 0
        self.open_loops: dict[int, Task] = {}
        """Loops with iterations that haven't started, by number, the one whose turn it is first."""
        self.reason = ""
        self._last_number = 0
        self._settle: deque[Task | Scope] = deque()
        self._turn = Turn()
        self._now = datetime.min

    def step(self, events: Sequence[Event]) -> Turn:
        """Take in `events`, in order; the result is to be recorded as a whole before any of its commands is acted on."""
        self._turn = Turn()
        for event in events:
            self._now = event.at
            self._take(event)
            self._run_to_rest()
        return self._turn

    def outputs(self) -> Values:
        """What the pipeline gives out, once it has ended."""
        return dag_outputs(self.root)

    def _take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._move_run(RunState.RUNNING)
                self._open(self.root)
            case CancelRequested():
                self._cancel()
            case TaskSucceeded(number, _, outputs, from_cache):
                task = self.tasks[number]
                self.running -= 1
                self._end(task, TaskState.CACHED if from_cache else TaskState.SUCCEEDED, outputs=outputs)
            case TaskFailed(number, _, failure, message):
                task = self.tasks[number]
                self.running -= 1
                self._fail_or_retry(task, failure, message)
            case TaskCancelled(number):
                task = self.tasks[number]
                self.running -= 1
                self._end(task, TaskState.CANCELLED, reason="cancelled")
            case RetryDue(number):
                waiting = self.tasks.get(number)
                if waiting is not None and waiting.is_retrying:
                    waiting.is_retrying = False
                    self.ready.append(waiting)

    def _run_to_rest(self) -> None:
        while True:
            while self._settle:
                item = self._settle.popleft()
                if isinstance(item, Scope):
                    self._close(item)
                else:
                    self._consider(item)
            if self.ready and self.running < self.settings.parallelism:
                self._launch(self.ready.popleft())
            elif not self._grow_a_loop():
                return

    # Scopes

    def _open(self, scope: Scope) -> None:
        prefix = f"{scope.owner.path}." if scope.owner else ""
        for plan in scope.plan.tasks.values():
            task = self.new_task(plan, scope, f"{prefix}{plan.name}")
            self._record_new(task, scope.owner)
        scope.unfinished = len(scope.tasks)
        self._settle.extend(task for task in scope.tasks.values() if task.waiting == 0)
        if not scope.tasks:
            self._settle.append(scope)

    def new_task(self, plan: TaskPlan, scope: Scope, path: str, number: int | None = None) -> Task:
        """Put a task into its scope, under the next number or the one that it was recorded with."""
        number = self._number(number)
        task = Task(number, path, plan.name, plan.kind, plan, scope, waiting=len(plan.upstream))
        scope.tasks[plan.name] = task
        self.tasks[task.number] = task
        return task

    def new_iteration(self, loop_task: Task, index: int, number: int | None = None) -> Task:
        """An iteration of a loop, under the next number or the one that it was recorded with."""
        path = f"{loop_task.path}.{index}"
        task = Task(
            self._number(number), path, str(index), TaskKind.ITERATION, loop_task.plan, loop_task.scope,
            iteration_of=loop_task,
        )  # fmt: skip
        self.tasks[task.number] = task
        return task

    def _number(self, recorded: int | None) -> int:
        number = recorded or self._last_number + 1
        self._last_number = max(self._last_number, number)
        return number

    def _record_new(self, task: Task, owner: Task | None) -> None:
        run_id = self.settings.run_id
        self._turn.changes.append(
            NewTask(
                id=f"{run_id}-{task.number}",
                run_id=run_id,
                number=task.number,
                path=task.path,
                name=task.name,
                display_name=task.plan.display_name if task.kind is not TaskKind.ITERATION else task.name,
                component=task.plan.component_name,
                kind=task.kind,
                parent_id=f"{run_id}-{owner.number}" if owner else None,
                iteration=int(task.name) if task.kind is TaskKind.ITERATION else None,
                at=self._now,
            )
        )

    def _close(self, scope: Scope) -> None:
        """All tasks of the scope have ended, so its owner does."""
        owner = scope.owner
        if owner is None:
            self._end_run(scope)
            return
        if scope.failed is not None:
            self._end(owner, TaskState.FAILED, reason=scope.failed.reason, failure=scope.failed.failure)
        elif scope.has_cancelled:
            self._end(owner, TaskState.CANCELLED, reason="cancelled")
        else:
            self._end(owner, TaskState.SUCCEEDED, outputs=dag_outputs(scope))

    # Tasks

    def _consider(self, task: Task) -> None:
        """Everything before the task has ended: start it, or say why not."""
        plan = task.plan
        if task.state is not TaskState.PENDING:
            return
        if self.state is RunState.CANCELLING and not self._runs_after_cancel(task):
            self._end(task, TaskState.CANCELLED, reason="the run was cancelled before it started")
            return
        if not plan.runs_after_failure and (obstacle := self._obstacle(task)):
            self._end(task, TaskState.SKIPPED, reason=obstacle)
            return
        try:
            task.inputs = resolve_inputs(task, self.settings.resource_name)
            if plan.condition:
                known = with_defaults(plan.component, task.inputs.parameters)
                if not evaluate_condition(plan.condition, known):
                    self._end(task, TaskState.SKIPPED, reason=f"condition is false: {plan.condition}")
                    return
            if task.kind is TaskKind.LOOP:
                task.loop = loops.begin(task)
        except LocalflowError as error:
            self._end(task, TaskState.FAILED, reason=error.message, failure="CONFIG")
            return
        if task.kind in _EXECUTED:
            self.ready.append(task)
            return
        self._move(task, TaskState.RUNNING, inputs=task.inputs)
        if task.kind is TaskKind.LOOP:
            self._loop_moved_on(task)
        else:
            self._open_inside(task, task.inputs)

    def _open_inside(self, task: Task, inputs: Values) -> None:
        assert task.plan.dag is not None  # noqa: S101 - only DAGs and iterations are opened
        filled = with_defaults(task.plan.component, inputs.parameters)
        task.inside = Scope(task.plan.dag, task, Values(filled, inputs.artifacts))
        self._open(task.inside)

    def _obstacle(self, task: Task) -> str:
        """Why a task that needs all before it to succeed can't run; empty when it can."""
        scope = task.scope
        for name in task.plan.upstream:
            state = scope.tasks[name].state
            if state not in SUCCESSFUL:
                return f"{name!r} before it is {state}"
        if scope.failed is not None and self.settings.fail_fast:
            return f"nothing new starts after {scope.failed.name!r} failed"
        return ""

    def _runs_after_cancel(self, task: Task) -> bool:
        """Exit tasks do, and all that is inside an exit task that is a pipeline."""
        inner: Task | None = task
        while inner is not None:
            if inner.plan.is_exit_task:
                return True
            inner = inner.scope.owner
        return False

    def _launch(self, task: Task) -> None:
        if self.state is RunState.CANCELLING and not self._runs_after_cancel(task):
            self._end(task, TaskState.CANCELLED, reason="the run was cancelled before it started")
            return
        if task.attempts == 0:
            if not task.plan.runs_after_failure and (obstacle := self._obstacle(task)):
                self._end(task, TaskState.SKIPPED, reason=obstacle)
                return
            self._move(task, TaskState.RUNNING, inputs=task.inputs)
        task.attempts += 1
        self.running += 1
        self._turn.commands.append(Launch(task.number, task.attempts))

    def _fail_or_retry(self, task: Task, failure: str, message: str) -> None:
        policy = task.plan.spec.retry_policy
        retries = policy.max_retry_count if policy else 0
        if task.attempts > retries or self.state is RunState.CANCELLING or failure == "CONFIG":
            self._end(task, TaskState.FAILED, reason=message, failure=failure)
            return
        assert policy is not None  # noqa: S101 - there are retries
        base = duration_seconds(policy.backoff_duration) if policy.backoff_duration else 0.0
        longest = duration_seconds(policy.backoff_max_duration) if policy.backoff_max_duration else 0.0
        factor = policy.backoff_factor or 2.0
        delay = min(base * factor ** (task.attempts - 1), longest or _LONGEST_BACKOFF_SECONDS)
        due = self._now + timedelta(seconds=delay)
        task.is_retrying = True
        self._turn.changes.append(
            RetryScheduled(f"{self.settings.run_id}-{task.number}", self.settings.run_id, due)
        )
        self._turn.commands.append(Wake(task.number, due))

    def _end(
        self, task: Task, state: TaskState, *, outputs: Values = NO_VALUES, reason: str = "", failure: str = ""
    ) -> None:
        task.outputs, task.reason, task.failure = outputs, reason, failure
        self._move(task, state, outputs=outputs)
        if task.iteration_of is not None:
            loops.iteration_ended(task.iteration_of, task)
            del self.tasks[task.number]
            self._forget(task.inside)
            self._loop_moved_on(task.iteration_of)
            return
        scope = task.scope
        if state is TaskState.FAILED and not task.plan.failure_is_tolerated and scope.failed is None:
            scope.failed = task
        elif state is TaskState.CANCELLED:
            scope.has_cancelled = True
        scope.unfinished -= 1
        for name in task.plan.downstream:
            after = scope.tasks[name]
            after.waiting -= 1
            if after.waiting == 0:
                self._settle.append(after)
        if scope.unfinished == 0:
            self._settle.append(scope)

    def _forget(self, scope: Scope | None) -> None:
        """An iteration's tasks are of no more interest, so that loops of any length fit in memory."""
        for task in scope.tasks.values() if scope else ():
            self.tasks.pop(task.number, None)
            self._forget(task.inside)

    # Loops

    def _loop_moved_on(self, task: Task) -> None:
        loop = task.loop
        assert loop is not None  # noqa: S101 - the task is a loop
        if task.state.is_final:
            return
        stopped = (loop.failed is not None and self.settings.fail_fast) or (
            self.state is RunState.CANCELLING and not self._runs_after_cancel(task)
        )
        if not stopped and loop.has_room:
            self.open_loops[task.number] = task
        elif loop.active == 0 and (stopped or loop.started == len(loop.items)):
            state, outputs = loops.result(task)
            reason, failure = (loop.failed.reason, loop.failed.failure) if loop.failed else ("", "")
            if state is TaskState.CANCELLED:
                reason = "cancelled"
            self._end(task, state, outputs=outputs, reason=reason, failure=failure)

    def _grow_a_loop(self) -> bool:
        """Start one more iteration, when nothing else is ready to run."""
        while self.open_loops and len(self.ready) + self.running <= self.settings.parallelism:
            task = self.open_loops.pop(next(iter(self.open_loops)))
            loop = task.loop
            if task.state.is_final or loop is None or not loop.has_room:
                continue
            if loop.failed is not None and self.settings.fail_fast:
                self._loop_moved_on(task)
                return True
            index = loop.started
            loop.started += 1
            loop.active += 1
            iteration = self.new_iteration(task, index)
            self._record_new(iteration, task)
            iteration.inputs = loops.iteration_inputs(task, index)
            self._move(iteration, TaskState.RUNNING, inputs=iteration.inputs)
            self._open_inside(iteration, iteration.inputs)
            if loop.has_room:
                self.open_loops[task.number] = task
            return True
        return False

    # The run

    def _cancel(self) -> None:
        if self.state is not RunState.RUNNING:
            return
        self._move_run(RunState.CANCELLING)
        for task in list(self.tasks.values()):
            if task.state is not TaskState.RUNNING or self._runs_after_cancel(task):
                continue
            if task.is_retrying:
                task.is_retrying = False
                self._end(task, TaskState.CANCELLED, reason="the run was cancelled before its next attempt")
            elif task.kind in _EXECUTED and task not in self.ready:
                self._turn.commands.append(CancelAttempt(task.number))
        for task in list(self.open_loops.values()):
            self._loop_moved_on(task)
        kept = [task for task in self.ready if self._runs_after_cancel(task)]
        ended = [task for task in self.ready if not self._runs_after_cancel(task)]
        self.ready = deque(kept)
        for task in ended:
            self._end(task, TaskState.CANCELLED, reason="the run was cancelled before it started")

    def _end_run(self, root: Scope) -> None:
        if self.state is RunState.CANCELLING:
            self.reason = "cancelled"
            self._move_run(RunState.CANCELLED)
        elif root.failed is not None:
            self.reason = f"task {_deepest_failure(root).path!r} failed: {root.failed.reason}"
            self._move_run(RunState.FAILED)
        else:
            self._move_run(RunState.SUCCEEDED, dag_outputs(root))
        self._turn.commands.append(EndRun())

    def _move_run(self, state: RunState, outputs: Values | None = None) -> None:
        check_transition(RUN_TRANSITIONS, self.state, state, f"run {self.settings.run_id}")
        self._turn.changes.append(
            RunMoved(
                self.settings.run_id, self.state, state, self._now,
                reason=self.reason or None, outputs=outputs.to_json() if outputs else None,
            )
        )  # fmt: skip
        self.state = state

    def _move(
        self, task: Task, state: TaskState, *, inputs: Values = NO_VALUES, outputs: Values = NO_VALUES
    ) -> None:
        check_transition(TASK_TRANSITIONS, task.state, state, f"task {task.path}")
        self._turn.changes.append(
            TaskMoved(
                f"{self.settings.run_id}-{task.number}", self.settings.run_id, task.state, state, self._now,
                reason=task.reason or None,
                failure=task.failure or None,
                inputs=inputs.to_json() or None,
                outputs=outputs.to_json() or None,
            )
        )  # fmt: skip
        task.state = state


def _deepest_failure(scope: Scope) -> Task:
    """The task whose own failure made `scope` fail."""
    task = scope.failed
    assert task is not None  # noqa: S101 - asked only of failed scopes
    while True:
        if task.inside is not None and task.inside.failed is not None:
            task = task.inside.failed
        elif task.loop is not None and task.loop.failed is not None:
            task = task.loop.failed
        else:
            return task
