"""The protocol that every backend keeps: launch resolved attempts, report what became of them, know no pipelines.

An attempt has a deterministic id and a random nonce. `Backend.launch` may be called again for the same attempt after a
crash; the attempt's command nevertheless begins at most once (ARCHITECTURE.md, "Launching").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from localflow.spec.python_component import PythonComponent


class FailureClass(StrEnum):
    """Whose fault a failure is; decides what is retried."""

    USER = "USER"
    """The command ran and failed."""
    CONFIG = "CONFIG"
    """The attempt can't run as it is written: no such program, no such image, a package that can't be installed."""
    INFRA = "INFRA"
    """The machine, Docker or the cluster lost it."""
    TIMEOUT = "TIMEOUT"
    """It took longer than the task's timeout."""
    CANCELLED = "CANCELLED"
    """The user or a failing sibling ended it."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What an attempt may use; None is no limit."""

    cpu_limit: float | None = None
    """Cores."""
    memory_limit: int | None = None
    """Bytes."""
    accelerator_type: str = ""
    accelerator_count: int = 0


@dataclass(frozen=True, slots=True)
class AttemptSpec:
    """A fully resolved attempt: all placeholders filled in, nothing left to decide."""

    id: str
    """Deterministic and unique: ``<run>-<task number>-<attempt number>``; a DNS label."""
    nonce: str
    """128 random bits in hex, recorded before anything is launched."""
    folder: Path
    """The attempt's own folder: claim, result, log and the command's working folder."""
    image: str
    command: tuple[str, ...]
    """The whole argument vector. When `python` is set, a backend may run that instead."""
    env: tuple[tuple[str, str], ...] = ()
    python: PythonComponent | None = None
    executor_input: str = "{}"
    """``ExecutorInput`` as JSON text."""
    output_folders: tuple[str, ...] = ()
    """Absolute paths of folders that must exist before the command starts."""
    timeout_seconds: float | None = None
    grace_seconds: float = 10.0
    """Between TERM and KILL."""
    resources: Resources = field(default_factory=Resources)


@dataclass(frozen=True, slots=True)
class RecordedAttempt:
    """An attempt that an earlier engine recorded, to be taken up where it is."""

    spec: AttemptSpec
    handle: str
    """What `AttemptStarted.handle` said; empty when that was never recorded."""
    cancelling: bool = False


@dataclass(frozen=True, slots=True)
class ExitResult:
    """How a command ended."""

    exit_code: int | None
    """None when a signal ended it."""
    signal: int | None = None
    timed_out: bool = False
    cancelled: bool = False
    oom_killed: bool = False
    started_at: float = 0.0
    """Seconds since the epoch."""
    ended_at: float = 0.0
    cpu_seconds: float = 0.0
    max_rss_bytes: int = 0
    failure: FailureClass | None = None
    """None when the command succeeded."""
    message: str = ""
    """One line on why it failed, for the user; may be empty when there is only an exit code to tell."""

    @property
    def succeeded(self) -> bool:
        """Whether the command ended with exit code 0 by itself."""
        return self.failure is None and self.exit_code == 0


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """The attempt exists outside; `handle` (JSON text) identifies it from now on."""

    attempt_id: str
    nonce: str
    handle: str


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt's command has ended and its result is durable."""

    attempt_id: str
    nonce: str
    result: ExitResult


@dataclass(frozen=True, slots=True)
class AttemptLost:
    """The attempt is gone without a result, and can't come back."""

    attempt_id: str
    nonce: str
    reason: str


BackendEvent = AttemptStarted | AttemptEnded | AttemptLost
Emit = Callable[[BackendEvent], None]
"""Takes a backend's event; safe to call from any thread."""


class Backend(Protocol):
    """Runs attempts. All methods but `logs` return at once; outcomes arrive through the `Emit` given at construction."""

    name: str
    """Such as ``process``."""
    identity: str
    """Which machine, daemon or cluster it talks to, recorded with each attempt."""

    def launch(self, attempts: Sequence[AttemptSpec]) -> None:
        """Start each attempt, unless it was started before. Raises nothing; failures arrive as `AttemptEnded`."""

    def cancel(self, attempt: AttemptSpec) -> None:
        """End the attempt: TERM, grace, KILL, no process left. Arrives as `AttemptEnded` with ``cancelled``, also when
        the attempt never began; from then on it never will."""

    def recover(self, attempts: Sequence[RecordedAttempt]) -> None:
        """Take up attempts that an earlier engine launched, or meant to launch. Each ends in an event."""

    def logs(self, attempt: AttemptSpec, *, follow: bool = False) -> Iterator[bytes]:
        """The attempt's output in chunks; with `follow` until the attempt has ended."""

    def clean(self, attempt: AttemptSpec) -> None:
        """Remove what the attempt left with the backend, apart from its log and outputs."""

    def close(self) -> None:
        """Let go of threads and connections. Attempts go on."""
