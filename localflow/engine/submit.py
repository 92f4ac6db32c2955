"""Begins runs, and takes up those that another engine left."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from localflow import __version__
from localflow.backends.base import Backend, Emit, RecordedAttempt
from localflow.engine.attempt import RunPlace, attempt_from_json
from localflow.engine.core.events import Event, RunStarted
from localflow.engine.core.machine import Machine, RunSettings
from localflow.engine.core.restore import TaskRecord, restore
from localflow.engine.core.values import Values
from localflow.engine.graph import plan_pipeline
from localflow.engine.runner import LiveAttempt, Runner
from localflow.spec.base import Json
from localflow.spec.executor_io import ExecutorInput
from localflow.spec.pipeline_spec import PipelineSpec
from localflow.spec.platform_spec import PlatformSpec
from localflow.spec.states import AttemptState, RunState
from localflow.store.changes import NewRun
from localflow.store.locks import RunLock
from localflow.store.store import Store

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH: Final = 10

BackendFactory = Callable[[Emit], Backend]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run that somebody wants: the pipeline, its arguments, and how to carry it out."""

    spec: PipelineSpec
    arguments: Mapping[str, Json]
    platform: PlatformSpec | None = None
    name: str = ""
    """Empty for the pipeline's name."""
    experiment: str = "Default"
    description: str = ""
    backend: str = "process"
    parallelism: int = 1
    fail_fast: bool = True
    pipeline_root: str = ""
    source: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def new_id() -> str:
    """A random id of ten letters and digits, none of which look alike."""
    return secrets.choice(_ALPHABET[:24]) + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH - 1))


@dataclass(slots=True)
class Engine:
    """One run in this process, ready to be carried to its end."""

    run_id: str
    runner: Runner
    _backend: Backend
    _first: list[Event]
    _recorded: list[RecordedAttempt]
    _lock: RunLock

    def execute(self) -> RunState:
        """Carry the run to its end, or until `Runner.abandon`; returns its state then.

        Raises:
            LocalflowError: the records can't be written; the run can be resumed.
        """
        try:
            return self.runner.run(self._backend, self._first, self._recorded)
        finally:
            self._lock.release()


def begin(store: Store, request: RunRequest, make_backend: BackendFactory) -> Engine:
    """Record a new run and make it ready.

    Raises:
        LocalflowError: the pipeline can't be planned, or nothing can be recorded.
    """
    plan = plan_pipeline(request.spec, request.platform)
    pipeline_name = request.spec.pipeline_info.name or "pipeline"
    run_id = new_id()
    lock = RunLock(store.run_folder(run_id))
    lock.acquire()
    now = datetime.now(UTC)
    new_run = NewRun(
        id=run_id,
        name=request.name or request.spec.pipeline_info.display_name or pipeline_name,
        pipeline_name=pipeline_name,
        experiment=request.experiment,
        spec=request.spec.to_json(),
        platform=request.platform.to_json() if request.platform else None,
        arguments=request.arguments,
        backend=request.backend,
        pipeline_root=request.pipeline_root or str(store.folder / "artifacts"),
        parallelism=request.parallelism,
        fail_fast=request.fail_fast,
        source=request.source,
        engine_version=__version__,
        engine_id=engine_id(),
        at=now,
        labels=request.labels,
        description=request.description,
    )
    store.apply([new_run], epoch=None)
    settings = RunSettings(run_id, pipeline_name, request.parallelism, fail_fast=request.fail_fast)
    machine = Machine(plan, Values(request.arguments), settings)
    place = RunPlace(
        run_id, new_run.name, settings.resource_name, pipeline_name, new_run.pipeline_root,
        store.run_folder(run_id), now,
    )  # fmt: skip
    runner = Runner(store, machine, place, epoch=store.run(run_id).epoch)
    return Engine(run_id, runner, make_backend(runner.emit), [RunStarted(now)], [], lock)


def resume(store: Store, run_id: str, make_backend: BackendFactory) -> Engine:
    """Take up a run that no engine carries on: what is recorded is trusted, what runs is taken up where it is.

    Raises:
        RunLockedError: another engine on this machine carries it on.
        LocalflowError: the records can't be read or written.
    """
    lock = RunLock(store.run_folder(run_id))
    lock.acquire()
    epoch = store.acquire_run(run_id, engine_id())
    run = store.run(run_id)
    spec = PipelineSpec.model_validate(run.spec)
    platform = PlatformSpec.model_validate(run.platform) if run.platform else None
    settings = RunSettings(run_id, run.pipeline_name, run.parallelism, fail_fast=run.fail_fast)
    machine = Machine(plan_pipeline(spec, platform), Values(run.arguments), settings)
    place = RunPlace(
        run_id, run.name, settings.resource_name, run.pipeline_name, run.pipeline_root,
        store.run_folder(run_id), run.created_at,
    )  # fmt: skip
    runner = Runner(store, machine, place, epoch)
    live = [attempt for attempt in store.attempts(run_id) if not AttemptState(attempt.state).is_final]
    with_live = {attempt.task_id for attempt in live}
    numbers = {task.id: task.number for task in store.tasks(run_id)}
    retries = restore(
        machine,
        RunState(run.state),
        [
            TaskRecord(
                number=task.number,
                path=task.path,
                parent=numbers[task.parent_id] if task.parent_id else None,
                iteration=task.iteration,
                state=task.state,
                attempts=task.attempts,
                has_live_attempt=task.id in with_live,
                not_before=task.not_before,
                reason=task.reason or "",
                failure=task.failure or "",
                outputs=task.outputs or {},
            )
            for task in store.tasks(run_id)
        ],
    )
    recorded = []
    for attempt in live:
        attempt_spec = attempt_from_json(attempt.spec)
        executor_input = ExecutorInput.model_validate_json(attempt_spec.executor_input)
        runner.take_up(LiveAttempt(attempt_spec, numbers[attempt.task_id], executor_input, attempt.state))
        cancelling = attempt.state is AttemptState.CANCELLING
        recorded.append(RecordedAttempt(attempt_spec, attempt.handle or "", cancelling))
    for number, at in retries.items():
        runner.wake(number, at)
    first: list[Event] = [RunStarted(datetime.now(UTC))] if machine.state is RunState.PENDING else []
    return Engine(run_id, runner, make_backend(runner.emit), first, recorded, lock)
