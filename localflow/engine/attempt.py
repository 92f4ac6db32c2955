"""From a task that may start to the attempt that a backend carries out; and that attempt as a record."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from localflow.backends.base import AttemptSpec, Resources
from localflow.engine.core.inputs import with_defaults
from localflow.engine.core.model import Task
from localflow.engine.core.values import Values
from localflow.engine.resources import resources
from localflow.errors import InvalidInputError
from localflow.spec.executor_io import (
    ArtifactList,
    ExecutorInput,
    ExecutorInputs,
    ExecutorOutputs,
    OutputParameter,
    RuntimeArtifact,
)
from localflow.spec.pipeline_spec import ArtifactTypeSchema
from localflow.spec.placeholders import PlaceholderContext, expand_variables, resolve_argv, resolve_text
from localflow.spec.python_component import PythonComponent, recognise
from localflow.store.artifacts import artifact_uri

_NOT_SLUG: Final = re.compile(r"[^A-Za-z0-9._-]+")
_DEFAULT_GRACE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class RunPlace:
    """What the attempts of a run have in common: names and places."""

    run_id: str
    run_name: str
    resource_name: str
    pipeline_name: str
    pipeline_root: str
    folder: Path
    """The run's own folder."""
    created_at: datetime
    scheduled_at: datetime | None = None


def build_attempt(task: Task, number: int, place: RunPlace) -> tuple[AttemptSpec, ExecutorInput]:
    """Attempt `number` at `task`: every placeholder filled in, nothing left to decide.

    Raises:
        LocalflowError: a placeholder or a quantity makes no sense, or the task's executor isn't a container.
    """
    executor = task.plan.executor
    if executor is None or executor.container is None:
        kind = next((name for name in ("resolver", "custom_job") if executor and getattr(executor, name)), "nothing")
        raise InvalidInputError(f"its executor is {kind}, which only Google's platform can carry out")
    container = executor.container
    attempt_id = f"{place.run_id}-{task.number}-{number}"
    slug = _NOT_SLUG.sub("-", task.path)[:60]
    folder = place.folder / f"{task.number:04}-{slug}-{number}"
    executor_input = _executor_input(task, number, place, folder)
    context = PlaceholderContext(
        executor_input=executor_input,
        input_defaults=with_defaults(task.plan.component, {}),
        job_name=place.run_name,
        job_resource_name=place.resource_name,
        job_uuid=place.run_id,
        task_name=task.name,
        task_uuid=f"{place.run_id}-{task.number}",
        pipeline_root=place.pipeline_root,
        create_time=place.created_at,
        schedule_time=place.scheduled_at or place.created_at,
        workspace_path=str(place.folder / "workspace"),
    )
    env = tuple((item.name, resolve_text(item.value, context)) for item in container.env)
    variables = dict(env)
    argv = resolve_argv(container.command, container.args, context)
    python = recognise(container.command, container.args)
    timeout = task.plan.kubernetes.active_deadline_seconds if task.plan.kubernetes else 0
    spec = AttemptSpec(
        id=attempt_id,
        nonce=secrets.token_hex(16),
        folder=folder,
        image=resolve_text(container.image, context),
        command=argv if python else tuple(expand_variables(item, variables) for item in argv),
        env=tuple((name, expand_variables(value, variables)) for name, value in env),
        python=python,
        executor_input=json.dumps(executor_input.to_json(), ensure_ascii=False),
        output_folders=_output_folders(executor_input),
        timeout_seconds=float(timeout) or None,
        grace_seconds=_DEFAULT_GRACE_SECONDS,
        resources=resources(container.resources, lambda text: resolve_text(text, context)),
    )
    return spec, executor_input


def _executor_input(task: Task, number: int, place: RunPlace, folder: Path) -> ExecutorInput:
    outputs = task.plan.component.output_definitions

    def uri(key: str) -> str:
        return artifact_uri(place.pipeline_root, place.pipeline_name, place.run_id, task.path, number, key)

    return ExecutorInput(
        inputs=_executor_inputs(task.inputs),
        outputs=ExecutorOutputs(
            parameters={
                name: OutputParameter(output_file=str(folder / "outputs" / name)) for name in outputs.parameters
            },
            artifacts={
                name: ArtifactList(
                    artifacts=[
                        RuntimeArtifact(
                            name=name,
                            type=definition.artifact_type or ArtifactTypeSchema(schema_title="system.Artifact"),
                            uri=uri(name),
                            metadata=definition.metadata,
                        )
                    ]
                )
                for name, definition in outputs.artifacts.items()
            },
            output_file=uri("output_metadata.json"),
        ),
    )


def _executor_inputs(inputs: Values) -> ExecutorInputs:
    return ExecutorInputs(
        parameter_values=dict(inputs.parameters),
        artifacts={
            name: ArtifactList(artifacts=[item.artifact for item in items]) for name, items in inputs.artifacts.items()
        },
    )


def _output_folders(executor_input: ExecutorInput) -> tuple[str, ...]:
    outputs = executor_input.outputs
    files = [parameter.output_file for parameter in outputs.parameters.values()]
    files += [artifact.uri for items in outputs.artifacts.values() for artifact in items.artifacts]
    if outputs.artifacts or outputs.parameters:
        files.append(outputs.output_file)
    return tuple(dict.fromkeys(str(Path(file).parent) for file in files if file.startswith("/")))


def attempt_to_json(spec: AttemptSpec) -> str:
    """The attempt as it is recorded, so that any later engine launches the very same thing."""
    return json.dumps({**asdict(spec), "folder": str(spec.folder)}, ensure_ascii=False)


def attempt_from_json(text: str) -> AttemptSpec:
    """The reverse of `attempt_to_json`. Fields that a later version added are left out."""
    data = json.loads(text)
    python = data["python"]
    return AttemptSpec(
        id=data["id"],
        nonce=data["nonce"],
        folder=Path(data["folder"]),
        image=data["image"],
        command=tuple(data["command"]),
        env=tuple((name, value) for name, value in data["env"]),
        python=PythonComponent(
            python["source"],
            python["function"],
            tuple(python["packages"]),
            tuple(python["index_urls"]),
            tuple(python["trusted_hosts"]),
        )
        if python
        else None,
        executor_input=data["executor_input"],
        output_folders=tuple(data["output_folders"]),
        timeout_seconds=data["timeout_seconds"],
        grace_seconds=data["grace_seconds"],
        resources=Resources(**data["resources"]),
    )
