"""What may happen to a run, and what the core then wants done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from localflow.engine.core.values import NO_VALUES, Values
from localflow.store.changes import Change


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run begins."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TaskSucceeded:
    """An attempt at the task succeeded and its outputs are in place; or the cache answered."""

    task: int
    at: datetime
    outputs: Values = NO_VALUES
    from_cache: bool = False


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """An attempt at the task failed."""

    task: int
    at: datetime
    failure: str
    """A `FailureClass`."""
    message: str


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """The attempt at the task was ended on request."""

    task: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The time of the task's next attempt has come."""

    task: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Somebody wants the run to end."""

    at: datetime


Event = RunStarted | TaskSucceeded | TaskFailed | TaskCancelled | RetryDue | CancelRequested


@dataclass(frozen=True, slots=True)
class Launch:
    """Start attempt number `attempt` (from 1) at the task."""

    task: int
    attempt: int


@dataclass(frozen=True, slots=True)
class CancelAttempt:
    """End the task's running attempt."""

    task: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Send `RetryDue` for the task at that time."""

    task: int
    at: datetime


@dataclass(frozen=True, slots=True)
class EndRun:
    """The run has reached its final state."""


Command = Launch | CancelAttempt | Wake | EndRun


@dataclass(slots=True)
class Turn:
    """What one or more events led to: changes to commit, then commands to carry out."""

    changes: list[Change] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
