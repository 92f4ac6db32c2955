"""What the engine may ask the store to record: one type for each kind of change, applied together in one transaction.

A change that moves a state carries the state it moves from; the store refuses the whole transaction when the row isn't
in that state any more, or when the run has passed to another engine (a later epoch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from localflow.spec.base import Json
from localflow.spec.states import AttemptState, RunState, TaskState


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task appears, PENDING."""

    id: str
    run_id: str
    number: int
    """Counts from 1 in the order in which the run's tasks appeared."""
    path: str
    """Unique in the run: ``train``, ``for-loop-1.0.train``."""
    name: str
    """Its key in the DAG."""
    display_name: str
    component: str
    kind: str
    """``container``, ``importer``, ``dag``, ``loop`` or ``iteration``."""
    parent_id: str | None
    iteration: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskMoved:
    """A task goes from one state to another; None leaves a field as it is."""

    id: str
    run_id: str
    old: TaskState
    new: TaskState
    at: datetime
    reason: str | None = None
    """Why it was skipped, failed or cancelled, for the user."""
    failure: str | None = None
    """A `FailureClass`."""
    inputs: Mapping[str, Json] | None = None
    outputs: Mapping[str, Json] | None = None
    cache_key: str | None = None


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """The intent to launch (commit point C1): the attempt is LAUNCHING from here on."""

    id: str
    task_id: str
    run_id: str
    number: int
    backend: str
    backend_identity: str
    nonce: str
    spec: str
    """The `AttemptSpec` as JSON text, so that a later engine launches the very same thing."""
    folder: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptMoved:
    """An attempt goes from one state to another; None leaves a field as it is."""

    id: str
    run_id: str
    old: AttemptState
    new: AttemptState
    at: datetime
    handle: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    failure: str | None = None
    message: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cpu_seconds: float | None = None
    max_rss_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """A failed task is tried again at a time that survives the engine."""

    task_id: str
    run_id: str
    not_before: datetime


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """An artifact that a task made."""

    id: str
    run_id: str
    task_id: str
    key: str
    """Name of the output."""
    index: int
    """Place in a list output; 0 otherwise."""
    name: str
    type: str
    """Schema title, such as ``system.Model``."""
    uri: str
    digest: str | None
    """``sha256:…`` of the content; None where nothing was written."""
    size: int | None
    """Bytes."""
    metadata: Mapping[str, Json]
    at: datetime


@dataclass(frozen=True, slots=True)
class NewLineage:
    """A task took or made an artifact."""

    run_id: str
    task_id: str
    artifact_id: str
    direction: str
    """``INPUT`` or ``OUTPUT``."""
    key: str
    index: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NewMetric:
    """A scalar copied out of a Metrics artifact, for sorting and filtering."""

    run_id: str
    task_id: str
    artifact_id: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class RunMoved:
    """A run goes from one state to another; None leaves a field as it is."""

    id: str
    old: RunState
    new: RunState
    at: datetime
    reason: str | None = None
    outputs: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run appears, PENDING, owned by the engine that creates it."""

    id: str
    name: str
    pipeline_name: str
    experiment: str
    spec: Mapping[str, Json]
    platform: Mapping[str, Json] | None
    arguments: Mapping[str, Json]
    backend: str
    pipeline_root: str
    parallelism: int
    fail_fast: bool
    source: str
    """The file it came from, as the user gave it."""
    engine_version: str
    engine_id: str
    at: datetime
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


Change = (
    NewRun
    | RunMoved
    | NewTask
    | TaskMoved
    | NewAttempt
    | AttemptMoved
    | RetryScheduled
    | NewArtifact
    | NewLineage
    | NewMetric
)
