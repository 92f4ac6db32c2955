"""The states of runs, tasks and attempts, and the one table of legal transitions of each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar


class RunState(StrEnum):
    """State of a run, in Kubeflow's words."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Whether the run has ended."""
        return not RUN_TRANSITIONS[self]


class TaskState(StrEnum):
    """State of a task, as users see it."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    CACHED = "CACHED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Whether the task has ended."""
        return not TASK_TRANSITIONS[self]


class AttemptState(StrEnum):
    """State of one attempt at a task, along the commit points of the launch protocol (ARCHITECTURE.md, "Launching")."""

    LAUNCHING = "LAUNCHING"
    SUBMITTED = "SUBMITTED"
    RUNNING = "RUNNING"
    EXITED = "EXITED"
    COLLECTED = "COLLECTED"
    CANCELLING = "CANCELLING"
    BLOCKED = "BLOCKED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    LOST = "LOST"
    CLEANED = "CLEANED"

    @property
    def is_final(self) -> bool:
        """Whether the attempt's outcome is recorded."""
        return self in _ATTEMPT_OUTCOMES or self is AttemptState.CLEANED


RUN_TRANSITIONS: Final[Mapping[RunState, frozenset[RunState]]] = {
    RunState.PENDING: frozenset({RunState.RUNNING, RunState.CANCELLING, RunState.CANCELLED, RunState.FAILED}),
    RunState.RUNNING: frozenset({RunState.CANCELLING, RunState.SUCCEEDED, RunState.FAILED}),
    RunState.CANCELLING: frozenset({RunState.CANCELLED}),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}

TASK_TRANSITIONS: Final[Mapping[TaskState, frozenset[TaskState]]] = {
    TaskState.PENDING: frozenset(
        {TaskState.RUNNING, TaskState.CACHED, TaskState.SKIPPED, TaskState.FAILED, TaskState.CANCELLED}
    ),
    TaskState.RUNNING: frozenset({TaskState.SUCCEEDED, TaskState.CACHED, TaskState.FAILED, TaskState.CANCELLED}),
    TaskState.SUCCEEDED: frozenset(),
    TaskState.CACHED: frozenset(),
    TaskState.SKIPPED: frozenset(),
    TaskState.FAILED: frozenset(),
    TaskState.CANCELLED: frozenset(),
}

_ATTEMPT_OUTCOMES: Final = frozenset(
    {AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.CANCELLED, AttemptState.LOST}
)
_ATTEMPT_LIVE: Final = frozenset(
    {AttemptState.EXITED, AttemptState.CANCELLING, AttemptState.BLOCKED, AttemptState.LOST, AttemptState.FAILED}
)

ATTEMPT_TRANSITIONS: Final[Mapping[AttemptState, frozenset[AttemptState]]] = {
    AttemptState.LAUNCHING: _ATTEMPT_LIVE | {AttemptState.SUBMITTED, AttemptState.RUNNING},
    AttemptState.SUBMITTED: _ATTEMPT_LIVE | {AttemptState.RUNNING},
    AttemptState.RUNNING: _ATTEMPT_LIVE,
    AttemptState.BLOCKED: _ATTEMPT_LIVE | {AttemptState.LAUNCHING, AttemptState.SUBMITTED, AttemptState.RUNNING},
    AttemptState.CANCELLING: frozenset({AttemptState.EXITED, AttemptState.CANCELLED, AttemptState.LOST}),
    AttemptState.EXITED: frozenset({AttemptState.COLLECTED, AttemptState.FAILED, AttemptState.CANCELLED}),
    AttemptState.COLLECTED: frozenset({AttemptState.SUCCEEDED, AttemptState.FAILED}),
    AttemptState.SUCCEEDED: frozenset({AttemptState.CLEANED}),
    AttemptState.FAILED: frozenset({AttemptState.CLEANED}),
    AttemptState.CANCELLED: frozenset({AttemptState.CLEANED}),
    AttemptState.LOST: frozenset({AttemptState.CLEANED}),
    AttemptState.CLEANED: frozenset(),
}


_State = TypeVar("_State", RunState, TaskState, AttemptState)


class IllegalTransitionError(RuntimeError):
    """A bug: the engine asked for a transition that the table doesn't have."""


def check_transition(
    table: Mapping[_State, frozenset[_State]], old: _State, new: _State, subject: str
) -> None:
    """Raise `IllegalTransitionError` unless `table` lets `subject` go from `old` to `new`."""
    if new not in table[old]:
        raise IllegalTransitionError(f"{subject}: {old} -> {new} is not a legal transition")
