"""The loop around the core: takes events, commits what they led to in one transaction, then acts.

One thread runs the loop. Backends and the collecting pool put what happened into its queue. Nothing is launched,
cancelled or told before the transaction that decided it is durable (ARCHITECTURE.md, "Launching").
"""

from __future__ import annotations

import heapq
import queue
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from localflow.backends.base import (
    AttemptEnded,
    AttemptLost,
    AttemptSpec,
    AttemptStarted,
    Backend,
    BackendEvent,
    FailureClass,
    RecordedAttempt,
)
from localflow.engine.attempt import RunPlace, attempt_to_json, build_attempt
from localflow.engine.collect import Collected, collect, scalar_metrics
from localflow.engine.core.events import (
    CancelAttempt,
    CancelRequested,
    EndRun,
    Event,
    Launch,
    RetryDue,
    TaskCancelled,
    TaskFailed,
    TaskSucceeded,
    Turn,
    Wake,
)
from localflow.engine.core.machine import Machine
from localflow.engine.core.values import NO_VALUES
from localflow.engine.graph import TaskKind
from localflow.engine.importer import import_artifact
from localflow.errors import LocalflowError
from localflow.spec.executor_io import ExecutorInput
from localflow.spec.states import ATTEMPT_TRANSITIONS, AttemptState, RunState, check_transition
from localflow.store.changes import (
    AttemptMoved,
    Change,
    NewArtifact,
    NewAttempt,
    NewLineage,
    NewMetric,
)
from localflow.store.store import Store

_REQUEST_POLL_SECONDS: Final = 0.5
_COLLECTORS: Final = 2
_BATCH: Final = 256


@dataclass(frozen=True, slots=True)
class _CollectDone:
    attempt_id: str
    collected: Collected | LocalflowError


@dataclass(frozen=True, slots=True)
class _Cancel:
    pass


@dataclass(frozen=True, slots=True)
class _Abandon:
    pass


_Incoming = BackendEvent | _CollectDone | _Cancel | _Abandon


@dataclass(slots=True)
class LiveAttempt:
    """An attempt whose outcome isn't recorded yet."""

    spec: AttemptSpec
    task: int
    executor_input: ExecutorInput
    state: AttemptState


class Runner:
    """Carries a run to its end."""

    def __init__(self, store: Store, machine: Machine, place: RunPlace, epoch: int) -> None:
        self._store = store
        self._machine = machine
        self._place = place
        self._epoch = epoch
        self._incoming: queue.SimpleQueue[_Incoming] = queue.SimpleQueue()
        self._timers: list[tuple[datetime, int]] = []
        self._live: dict[str, LiveAttempt] = {}
        self._attempt_of: dict[int, str] = {}
        self._unsaved: list[Change] = []
        self._collectors = ThreadPoolExecutor(_COLLECTORS, thread_name_prefix="collect")
        self._backend: Backend | None = None
        self._ended = False

    def emit(self, event: BackendEvent) -> None:
        """Takes a backend's event, from any thread."""
        self._incoming.put(event)

    def cancel(self) -> None:
        """Ask for the run to be cancelled, from any thread."""
        self._incoming.put(_Cancel())

    def abandon(self) -> None:
        """Leave the run as it is, from any thread: attempts go on, and `localflow resume` takes everything up."""
        self._incoming.put(_Abandon())

    def take_up(self, attempt: LiveAttempt) -> None:
        """Remember an attempt that an earlier engine left without an outcome."""
        self._live[attempt.spec.id] = attempt
        self._attempt_of[attempt.task] = attempt.spec.id

    def wake(self, task: int, at: datetime) -> None:
        """Send `RetryDue` for `task` at that time."""
        heapq.heappush(self._timers, (at, task))

    def run(self, backend: Backend, first: Sequence[Event], recorded: Sequence[RecordedAttempt] = ()) -> RunState:
        """Carry the run to its end, or until it is abandoned; returns the state it is in then.

        Raises:
            LocalflowError: the records can't be written. Attempts go on, the run can be resumed.
        """
        self._backend = backend
        try:
            if recorded:
                backend.recover(recorded)
            self._turn(first)
            while not self._ended:
                incoming = self._wait()
                if any(isinstance(item, _Abandon) for item in incoming):
                    self._save()
                    break
                self._turn(self._digest(incoming))
            return self._machine.state
        finally:
            self._collectors.shutdown(wait=False, cancel_futures=True)
            backend.close()

    # Waiting

    def _wait(self) -> list[_Incoming]:
        """What has come in, and at least once in a while nothing, so that requests of other processes are seen."""
        timeout = _REQUEST_POLL_SECONDS
        if self._timers:
            timeout = min(timeout, max(0.0, (self._timers[0][0] - _now()).total_seconds()))
        incoming: list[_Incoming] = []
        try:
            incoming.append(self._incoming.get(timeout=timeout))
            while len(incoming) < _BATCH:
                incoming.append(self._incoming.get_nowait())
        except queue.Empty:
            if not incoming:
                incoming.extend(self._requests())
        return incoming

    def _requests(self) -> list[_Incoming]:
        requests: list[_Incoming] = []
        for request in self._store.pending_requests(self._place.run_id):
            if request.kind == "cancel":
                requests.append(_Cancel())
            self._store.acknowledge(request.id)
        return requests

    # One turn

    def _turn(self, events: Sequence[Event]) -> None:
        """Decide, commit, act. A launch that turns out impossible is an event of the same turn."""
        launches: list[AttemptSpec] = []
        cancels: list[AttemptSpec] = []
        while True:
            turn = self._machine.step(events)
            self._unsaved += turn.changes
            events = self._prepare(turn, launches, cancels)
            if not events:
                break
        if launches or cancels or self._ended or self._urgent():
            self._save()
        assert self._backend is not None  # noqa: S101 - set by run()
        if launches:
            self._backend.launch(launches)
        for spec in cancels:
            self._backend.cancel(spec)

    def _urgent(self) -> bool:
        """Whether unsaved changes must not wait; that an attempt was seen to start may, for it can be seen again."""
        return any(
            not (isinstance(change, AttemptMoved) and change.new is AttemptState.RUNNING) for change in self._unsaved
        )

    def _save(self) -> None:
        if self._unsaved:
            self._store.apply(self._unsaved, epoch=self._epoch)
            self._unsaved = []

    def _prepare(self, turn: Turn, launches: list[AttemptSpec], cancels: list[AttemptSpec]) -> list[Event]:
        events: list[Event] = []
        for command in turn.commands:
            match command:
                case Launch(number, attempt):
                    try:
                        event = self._start(number, attempt, launches)
                    except LocalflowError as error:
                        event = TaskFailed(number, _now(), FailureClass.CONFIG, str(error))
                    if event is not None:
                        events.append(event)
                case CancelAttempt(number):
                    live = self._live[self._attempt_of[number]]
                    if live.state in (AttemptState.LAUNCHING, AttemptState.SUBMITTED, AttemptState.RUNNING):
                        self._move(live, AttemptState.CANCELLING)
                        cancels.append(live.spec)
                case Wake(number, at):
                    self.wake(number, at)
                case EndRun():
                    self._ended = True
        return events

    def _start(self, number: int, attempt: int, launches: list[AttemptSpec]) -> Event | None:
        task = self._machine.tasks[number]
        if task.kind is TaskKind.IMPORTER:
            collected = import_artifact(task, f"{self._place.run_id}-{number}-{attempt}")
            self._record_outputs(number, collected)
            return TaskSucceeded(number, _now(), collected.outputs)
        spec, executor_input = build_attempt(task, attempt, self._place)
        assert self._backend is not None  # noqa: S101 - set by run()
        self._unsaved.append(
            NewAttempt(
                id=spec.id,
                task_id=f"{self._place.run_id}-{number}",
                run_id=self._place.run_id,
                number=attempt,
                backend=self._backend.name,
                backend_identity=self._backend.identity,
                nonce=spec.nonce,
                spec=attempt_to_json(spec),
                folder=str(spec.folder),
                at=_now(),
            )
        )
        for key, items in task.inputs.artifacts.items():
            for index, item in enumerate(items):
                self._unsaved.append(
                    NewLineage(
                        self._place.run_id, f"{self._place.run_id}-{number}", item.id, "INPUT", key, index, _now()
                    )
                )
        self._live[spec.id] = LiveAttempt(spec, number, executor_input, AttemptState.LAUNCHING)
        self._attempt_of[number] = spec.id
        launches.append(spec)
        return None

    # What came in

    def _digest(self, incoming: Sequence[_Incoming]) -> list[Event]:
        events: list[Event] = []
        now = _now()
        while self._timers and self._timers[0][0] <= now:
            events.append(RetryDue(heapq.heappop(self._timers)[1], now))
        for item in incoming:
            event: Event | None = None
            match item:
                case _Cancel():
                    event = CancelRequested(now)
                case AttemptStarted(attempt_id, nonce, handle):
                    self._started(attempt_id, nonce, handle)
                case AttemptEnded():
                    event = self._attempt_ended(item)
                case AttemptLost(attempt_id, nonce, reason):
                    event = self._attempt_lost(attempt_id, nonce, reason)
                case _CollectDone(attempt_id, collected):
                    event = self._collected(self._live[attempt_id], collected)
            if event is not None:
                events.append(event)
        return events

    def _known(self, attempt_id: str, nonce: str) -> LiveAttempt | None:
        live = self._live.get(attempt_id)
        return live if live is not None and live.spec.nonce == nonce else None

    def _started(self, attempt_id: str, nonce: str, handle: str) -> None:
        live = self._known(attempt_id, nonce)
        if live is not None and live.state in (AttemptState.LAUNCHING, AttemptState.SUBMITTED):
            self._move(live, AttemptState.RUNNING, handle=handle)

    def _attempt_ended(self, ended: AttemptEnded) -> Event | None:
        live = self._known(ended.attempt_id, ended.nonce)
        if live is None:
            return None
        result = ended.result
        if live.state is not AttemptState.EXITED:
            if live.state in (AttemptState.LAUNCHING, AttemptState.SUBMITTED) and result.started_at:
                self._move(live, AttemptState.RUNNING)
            self._move(
                live,
                AttemptState.EXITED,
                exit_code=result.exit_code,
                signal=result.signal,
                failure=result.failure,
                message=result.message or None,
                started_at=_moment(result.started_at),
                ended_at=_moment(result.ended_at),
                cpu_seconds=result.cpu_seconds,
                max_rss_bytes=result.max_rss_bytes,
            )
        if result.cancelled or result.failure is FailureClass.CANCELLED:
            return self._settle(live, AttemptState.CANCELLED, TaskCancelled(live.task, _now()))
        if not result.succeeded:
            failure = result.failure or FailureClass.USER
            message = result.message or f"exit code {result.exit_code}"
            return self._settle(live, AttemptState.FAILED, TaskFailed(live.task, _now(), failure, message))
        return self._collect(live)

    def _attempt_lost(self, attempt_id: str, nonce: str, reason: str) -> Event | None:
        live = self._known(attempt_id, nonce)
        if live is None:
            return None
        was_cancelling = live.state is AttemptState.CANCELLING
        self._move(live, AttemptState.LOST, failure=FailureClass.INFRA, message=reason, ended_at=_now())
        self._forget(live)
        if was_cancelling:
            return TaskCancelled(live.task, _now())
        return TaskFailed(live.task, _now(), FailureClass.INFRA, f"the attempt was lost: {reason}")

    def _collect(self, live: LiveAttempt) -> Event | None:
        """Read the outputs: at once where there can only be small ones, else beside the loop."""
        component = self._machine.tasks[live.task].plan.component
        attempt_id = live.spec.id
        if not live.executor_input.outputs.artifacts:
            try:
                has_outputs = bool(component.output_definitions.parameters)
                collected = collect(component, live.executor_input, attempt_id) if has_outputs else _NOTHING
            except LocalflowError as error:
                return self._collected(live, error)
            return self._collected(live, collected)

        def work() -> None:
            try:
                self._incoming.put(_CollectDone(attempt_id, collect(component, live.executor_input, attempt_id)))
            except LocalflowError as error:
                self._incoming.put(_CollectDone(attempt_id, error))
            except OSError as error:
                self._incoming.put(_CollectDone(attempt_id, LocalflowError(f"the outputs can't be read: {error}")))

        self._collectors.submit(work)
        return None

    def _collected(self, live: LiveAttempt, collected: Collected | LocalflowError) -> Event:
        now = _now()
        if isinstance(collected, LocalflowError):
            message = str(collected)
            self._move(live, AttemptState.FAILED, failure=FailureClass.USER, message=message)
            self._forget(live)
            return TaskFailed(live.task, now, FailureClass.USER, message)
        self._move(live, AttemptState.COLLECTED)
        self._record_outputs(live.task, collected)
        return self._settle(live, AttemptState.SUCCEEDED, TaskSucceeded(live.task, now, collected.outputs))

    def _record_outputs(self, task: int, collected: Collected) -> None:
        run_id, task_id, now = self._place.run_id, f"{self._place.run_id}-{task}", _now()
        for item in collected.artifacts:
            artifact = item.value.artifact
            kind = (artifact.type.schema_title or "") if artifact.type else ""
            self._unsaved.append(
                NewArtifact(
                    id=item.value.id,
                    run_id=run_id,
                    task_id=task_id,
                    key=item.key,
                    index=item.index,
                    name=artifact.name,
                    type=kind or "system.Artifact",
                    uri=artifact.custom_path or artifact.uri,
                    digest=item.digest,
                    size=item.size,
                    metadata=artifact.metadata,
                    at=now,
                )
            )
            self._unsaved.append(NewLineage(run_id, task_id, item.value.id, "OUTPUT", item.key, item.index, now))
            for name, value in scalar_metrics(artifact).items():
                self._unsaved.append(NewMetric(run_id, task_id, item.value.id, name, value))

    def _settle(self, live: LiveAttempt, state: AttemptState, event: Event) -> Event:
        self._move(live, state)
        self._forget(live)
        return event

    def _forget(self, live: LiveAttempt) -> None:
        del self._live[live.spec.id]
        del self._attempt_of[live.task]

    def _move(
        self,
        live: LiveAttempt,
        state: AttemptState,
        *,
        handle: str | None = None,
        exit_code: int | None = None,
        signal: int | None = None,
        failure: str | None = None,
        message: str | None = None,
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        cpu_seconds: float | None = None,
        max_rss_bytes: int | None = None,
    ) -> None:
        check_transition(ATTEMPT_TRANSITIONS, live.state, state, f"attempt {live.spec.id}")
        self._unsaved.append(
            AttemptMoved(
                live.spec.id, self._place.run_id, live.state, state, _now(),
                handle, exit_code, signal, failure, message, started_at, ended_at, cpu_seconds, max_rss_bytes,
            )
        )  # fmt: skip
        live.state = state


_NOTHING: Final = Collected(NO_VALUES)


def _now() -> datetime:
    return datetime.now(UTC)


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
