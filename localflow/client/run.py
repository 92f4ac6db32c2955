"""A run as a library's user sees it: its state, its tasks, their outputs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localflow.engine.submit import Engine
from localflow.errors import LocalflowError, NotFoundError
from localflow.spec.base import Json
from localflow.spec.states import RunState, TaskState
from localflow.store.store import Store


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """An artifact that a task made."""

    name: str
    type: str
    """Schema title, such as ``system.Model``."""
    uri: str
    metadata: Mapping[str, Json]
    size: int | None
    """Bytes; None where nothing was written."""
    digest: str | None

    @property
    def path(self) -> str:
        """Where it is on this machine; the URI for an artifact that isn't here."""
        return self.uri.removeprefix("file://")


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A task of a run, as it was when it was asked for."""

    name: str
    path: str
    state: TaskState
    reason: str
    """Why it failed, was skipped or cancelled; empty otherwise."""
    inputs: Mapping[str, Json]
    outputs: Mapping[str, Json | ArtifactFile | list[ArtifactFile]]
    """Parameters by value, artifacts as `ArtifactFile`."""
    attempts: int
    started_at: datetime | None
    ended_at: datetime | None


class Run:
    """A run that is recorded; whether this process carries it out or another did doesn't matter."""

    def __init__(self, store: Store, run_id: str, engine: Engine | None = None) -> None:
        self._store = store
        self.id = run_id
        self._engine = engine
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._ended = threading.Event()

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.name!r} {self.state}>"

    @property
    def name(self) -> str:
        """Its name, that of the pipeline unless another was given."""
        return self._store.run(self.id).name

    @property
    def state(self) -> RunState:
        """Its state now."""
        return RunState(self._store.run(self.id).state)

    @property
    def reason(self) -> str:
        """Why it failed or was cancelled; empty otherwise."""
        return self._store.run(self.id).reason or ""

    @property
    def arguments(self) -> Mapping[str, Json]:
        """The pipeline's arguments, defaults filled in."""
        return dict(self._store.run(self.id).arguments or {})

    @property
    def outputs(self) -> Mapping[str, Json | ArtifactFile | list[ArtifactFile]]:
        """What the pipeline gives out: parameters by value, artifacts as `ArtifactFile`. Empty until it has succeeded."""
        return _outputs(self._store.run(self.id).outputs or {}, self._artifact_files())

    @property
    def tasks(self) -> Mapping[str, TaskResult]:
        """Its tasks by path (``train``, ``for-loop-1.0.train``); a name that is unique in the run is enough."""
        files = self._artifact_files()
        return _Tasks(
            {
                task.path: TaskResult(
                    name=task.name,
                    path=task.path,
                    state=TaskState(task.state),
                    reason=task.reason or "",
                    inputs=(task.inputs or {}).get("parameters", {}),
                    outputs=_outputs(task.outputs or {}, files),
                    attempts=task.attempts,
                    started_at=task.started_at,
                    ended_at=task.ended_at,
                )
                for task in self._store.tasks(self.id)
            }
        )

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended, `timeout` seconds at most; returns itself.

        Raises:
            LocalflowError: this process carries it out and can't record it any more.
            TimeoutError: it hasn't ended in time.
        """
        if self._thread is None:
            if not self.state.is_final:
                raise LocalflowError(
                    f"run {self.id} isn't carried out by this process",
                    hint=f"Client().resume({self.id!r}) takes it up if no other process does",
                )
            return self
        if not self._ended.wait(timeout):
            raise TimeoutError(f"run {self.id} is still {self.state} after {timeout} s")
        if self._error is not None:
            raise self._error
        return self

    def cancel(self) -> None:
        """Ask for the run to end: running tasks get their grace, exit handlers run."""
        if self._engine is not None:
            self._engine.runner.cancel()
        else:
            self._store.request(self.id, kind="cancel")

    def abandon(self) -> None:
        """Let go of a run that this process carries out: its tasks go on, `Client.resume` takes everything up."""
        if self._engine is not None:
            self._engine.runner.abandon()

    def log_path(self, task: str, attempt: int | None = None) -> Path:
        """The file with what an attempt at `task` (the last one unless told) has printed.

        Raises:
            NotFoundError: there is no such task, or it was never attempted.
        """
        path = self.tasks[task].path
        task_id = next(record.id for record in self._store.tasks(self.id) if record.path == path)
        attempts = [record for record in self._store.attempts(self.id) if record.task_id == task_id]
        chosen = [record for record in attempts if attempt is None or record.number == attempt]
        if not chosen:
            raise NotFoundError(f"task {path} of run {self.id} has no such attempt; it was attempted {len(attempts)} ×")
        return Path(max(chosen, key=lambda record: record.number).folder) / "log"

    def start(self) -> None:
        """Carry the run out in a thread of this process."""
        self._thread = threading.Thread(target=self._carry_out, name=f"run-{self.id}", daemon=True)
        self._thread.start()

    def _carry_out(self) -> None:
        assert self._engine is not None  # noqa: S101 - start() is only called with one
        try:
            self._engine.execute()
        except BaseException as error:
            self._error = error
        finally:
            self._ended.set()

    def ended_within(self, seconds: float) -> bool:
        """Whether this process's work on the run ends within that time."""
        return self._ended.wait(seconds)

    def _artifact_files(self) -> dict[str, ArtifactFile]:
        return {
            record.id: ArtifactFile(
                name=record.name,
                type=record.type,
                uri=record.uri,
                metadata=record.artifact_metadata or {},
                size=record.size,
                digest=record.digest,
            )
            for record in self._store.artifacts(self.id)
        }


class _Tasks(Mapping[str, TaskResult]):
    def __init__(self, by_path: Mapping[str, TaskResult]) -> None:
        self._by_path = by_path

    def __getitem__(self, name: str) -> TaskResult:
        if name in self._by_path:
            return self._by_path[name]
        same_name = [task for task in self._by_path.values() if task.name == name]
        if len(same_name) == 1:
            return same_name[0]
        if same_name:
            paths = ", ".join(task.path for task in same_name[:5])
            raise NotFoundError(f"several tasks are called {name!r}; use one of the paths {paths}")
        raise NotFoundError(f"there is no task {name!r}; there are {', '.join(list(self._by_path)[:20])}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_path)

    def __len__(self) -> int:
        return len(self._by_path)

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{path!r}: {task.state}' for path, task in self._by_path.items())}}}"


def _outputs(
    recorded: Mapping[str, Json], files: Mapping[str, ArtifactFile]
) -> dict[str, Json | ArtifactFile | list[ArtifactFile]]:
    outputs: dict[str, Json | ArtifactFile | list[ArtifactFile]] = dict(recorded.get("parameters", {}))
    for key, items in recorded.get("artifacts", {}).items():
        found = [files[item["id"]] for item in items]
        outputs[key] = found[0] if len(found) == 1 else found
    return outputs
