"""Importers: an artifact that exists outside becomes one of the run's, by reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from localflow.engine.collect import Collected, CollectedArtifact
from localflow.engine.core.inputs import with_defaults
from localflow.engine.core.model import Task
from localflow.engine.core.values import ArtifactValue, Values
from localflow.errors import InvalidInputError
from localflow.spec.base import Json
from localflow.spec.executor_io import RuntimeArtifact
from localflow.spec.parameter_types import format_value
from localflow.spec.placeholders import substitute_inputs
from localflow.store.artifacts import digest


def import_artifact(task: Task, attempt_id: str) -> Collected:
    """The artifact that the importer `task` names. Nothing is copied; a local file gets its digest and size recorded.

    Raises:
        InvalidInputError: the URI is missing, or names a local file that doesn't exist.
    """
    importer = task.plan.executor.importer if task.plan.executor else None
    if importer is None or importer.artifact_uri is None:
        raise InvalidInputError("the importer names no artifact URI")
    inputs = with_defaults(task.plan.component, task.inputs.parameters)
    source = importer.artifact_uri
    texts = {name: format_value(value) for name, value in inputs.items()}
    if source.runtime_parameter is not None:
        uri = inputs.get(source.runtime_parameter)
    elif source.constant_value is not None:
        uri = source.constant_value.python
    else:
        uri = source.constant
    if not isinstance(uri, str) or not uri:
        raise InvalidInputError(f"the importer's artifact URI is {uri!r}, not a text")
    uri = substitute_inputs(uri, texts)
    key = next(iter(task.plan.component.output_definitions.artifacts), "artifact")
    artifact = RuntimeArtifact(
        name=key,
        type=importer.type_schema,
        uri=uri.removeprefix("file://"),
        metadata=_filled(importer.metadata, texts),
    )
    value = ArtifactValue(f"{attempt_id}-{key}-0", artifact)
    size, sha256 = None, None
    if artifact.uri.startswith("/"):
        path = Path(artifact.uri)
        if not path.exists():
            raise InvalidInputError(f"the importer's artifact doesn't exist: {uri}")
        found = digest(path)
        size, sha256 = found.size, found.sha256
    return Collected(Values({}, {key: (value,)}), (CollectedArtifact(key, 0, value, sha256, size),))


def _filled(value: Mapping[str, Json], texts: Mapping[str, str]) -> dict[str, Json]:
    def fill(item: Json) -> Json:
        if isinstance(item, str):
            return substitute_inputs(item, texts)
        if isinstance(item, dict):
            return {fill(key): fill(inner) for key, inner in item.items()}
        if isinstance(item, list):
            return [fill(inner) for inner in item]
        return item

    return {fill(key): fill(item) for key, item in value.items()}
