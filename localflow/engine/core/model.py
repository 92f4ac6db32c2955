"""The state of a run in the core: tasks, the DAGs they are in, and loops."""

from __future__ import annotations

from dataclasses import dataclass, field

from localflow.engine.core.values import NO_VALUES, Values
from localflow.engine.graph import DagPlan, TaskKind, TaskPlan
from localflow.spec.base import Json
from localflow.spec.states import TaskState

SUCCESSFUL = frozenset({TaskState.SUCCEEDED, TaskState.CACHED})


@dataclass(slots=True, eq=False)
class Task:
    """A task of the run: of a DAG, or an iteration of a loop."""

    number: int
    path: str
    name: str
    kind: TaskKind
    plan: TaskPlan
    scope: Scope
    """The DAG that it is in; for an iteration, the DAG that its loop is in."""
    state: TaskState = TaskState.PENDING
    waiting: int = 0
    """How many of the tasks that it depends on haven't ended."""
    inputs: Values = NO_VALUES
    outputs: Values = NO_VALUES
    attempts: int = 0
    is_retrying: bool = False
    """It waits for the time of its next attempt."""
    reason: str = ""
    failure: str = ""
    inside: Scope | None = None
    """The DAG that this task is carried out as."""
    loop: Loop | None = None
    iteration_of: Task | None = None


@dataclass(slots=True, eq=False)
class Scope:
    """One execution of a DAG: of the pipeline, a nested pipeline, a condition, an iteration."""

    plan: DagPlan
    owner: Task | None
    inputs: Values
    tasks: dict[str, Task] = field(default_factory=dict)
    unfinished: int = 0
    failed: Task | None = None
    """The first task whose failure nothing tolerated."""
    has_cancelled: bool = False


@dataclass(slots=True, eq=False)
class Loop:
    """The progress of a loop; iterations appear as there is room for them and are forgotten when they have ended."""

    items: list[Json]
    """Parameters, or one-element tuples of artifacts."""
    limit: int
    """How many iterations may be active; 0 is no limit."""
    started: int = 0
    active: int = 0
    failed: Task | None = None
    has_cancelled: bool = False
    results: dict[int, Values] = field(default_factory=dict)

    @property
    def has_room(self) -> bool:
        """Whether another iteration may start now."""
        return self.started < len(self.items) and not (self.limit and self.active >= self.limit)
