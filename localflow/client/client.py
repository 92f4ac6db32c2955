"""`Client`: starts runs, takes them up, lists them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localflow.backends import open_backend
from localflow.backends.base import Backend, Emit
from localflow.client.run import Run
from localflow.client.source import load_pipeline
from localflow.engine import submit
from localflow.engine.graph import plan_pipeline
from localflow.spec.arguments import resolve_arguments
from localflow.spec.base import Json
from localflow.spec.states import RunState
from localflow.spec.validation import validate
from localflow.store.store import Store


class Client:
    """Runs pipelines in this process and reads what is recorded.

    Args:
        db: SQLAlchemy URL of the database; by default that of ``LOCALFLOW_DB``, else SQLite in the data folder.
    """

    def __init__(self, db: str | None = None) -> None:
        self.store = Store.open(db)

    def run(
        self,
        pipeline: Any,
        arguments: Mapping[str, Json] | None = None,
        *,
        wait: bool = True,
        pipeline_name: str | None = None,
        name: str = "",
        experiment: str = "Default",
        description: str = "",
        backend: str = "process",
        parallelism: int | None = None,
        fail_fast: bool = True,
        pipeline_root: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Run:
        """Run a pipeline.

        Args:
            pipeline: a pipeline or component of `localflow.dsl` or `kfp.dsl`, the path of a file, or a loaded package.
            arguments: the pipeline's arguments by name.
            wait: return when the run has ended; otherwise it goes on in a thread of this process.
            pipeline_name: which pipeline, where a Python file defines several.
            name: of the run; the pipeline's unless given.
            experiment: groups runs; made when it doesn't exist.
            description: for whoever reads the record.
            backend: where tasks are executed: ``process``.
            parallelism: how many tasks may execute at once; the number of cores unless given.
            fail_fast: start nothing new in a DAG in which a task failed, as Kubeflow does.
            pipeline_root: where artifacts go; a folder of the data folder unless given.
            labels: names and values for finding the run again.

        Raises:
            InvalidInputError: the pipeline or an argument is wrong; nothing was started or recorded.
        """
        package = load_pipeline(pipeline, name=pipeline_name)
        validate(package)
        resolved = resolve_arguments(package.spec, {**package.arguments, **(arguments or {})})
        plan_pipeline(package.spec, package.platform)
        request = submit.RunRequest(
            spec=package.spec,
            arguments=resolved,
            platform=package.platform,
            name=name,
            experiment=experiment,
            description=description,
            backend=backend,
            parallelism=parallelism or os.cpu_count() or 1,
            fail_fast=fail_fast,
            pipeline_root=str(Path(pipeline_root).expanduser().resolve()) if pipeline_root else "",
            source=package.source,
            labels=labels or {},
        )
        engine = submit.begin(self.store, request, lambda emit: self._backend(backend, emit))
        return self._started(engine, wait=wait)

    def resume(self, reference: str, *, wait: bool = True) -> Run:
        """Take up a run that no process carries on: what has ended is kept, what runs is taken up where it is.

        Raises:
            NotFoundError: there is no such run.
            LocalflowError: another process carries it on.
        """
        record = self.store.find_run(reference)
        if RunState(record.state).is_final:
            return Run(self.store, record.id)
        engine = submit.resume(self.store, record.id, lambda emit: self._backend(record.backend, emit))
        return self._started(engine, wait=wait)

    def get_run(self, reference: str) -> Run:
        """The run with that id, unique beginning of an id, or name; ``latest`` is the newest.

        Raises:
            NotFoundError: there is none.
        """
        return Run(self.store, self.store.find_run(reference).id)

    def list_runs(self, *, limit: int = 20, experiment: str | None = None) -> list[Run]:
        """The newest runs, newest first."""
        return [Run(self.store, record.id) for record in self.store.runs(limit=limit, experiment=experiment)]

    def _backend(self, name: str, emit: Emit) -> Backend:
        return open_backend(name, emit, self.store.folder)

    def _started(self, engine: submit.Engine, *, wait: bool) -> Run:
        run = Run(self.store, engine.run_id, engine)
        run.start()
        return run.wait() if wait else run
