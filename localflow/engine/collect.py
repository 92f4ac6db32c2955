"""Reads what an attempt wrote: output parameters, the executor's output file, artifacts with digest and size.

The rules are those of Kubeflow's launcher (backend/src/v2/component/launcher_v2.go).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from localflow.engine.core.values import ArtifactValue, Values
from localflow.errors import InvalidInputError
from localflow.spec.base import Json
from localflow.spec.executor_io import ArtifactList, ExecutorInput, ExecutorOutput, RuntimeArtifact
from localflow.spec.parameter_types import convert, effective_type
from localflow.spec.pipeline_spec import ComponentSpec, OutputParameterSpec, ParameterType
from localflow.store.artifacts import digest

_LARGEST_PARAMETER: Final = 1024 * 1024
_LARGEST_OUTPUT_FILE: Final = 64 * 1024 * 1024


class OutputError(InvalidInputError):
    """The command succeeded, but what it left isn't what the component declares."""


@dataclass(frozen=True, slots=True)
class CollectedArtifact:
    """An artifact that an attempt made."""

    key: str
    index: int
    value: ArtifactValue
    digest: str | None
    """None where nothing was written."""
    size: int | None


@dataclass(frozen=True, slots=True)
class Collected:
    """All that an attempt made."""

    outputs: Values
    artifacts: tuple[CollectedArtifact, ...] = ()


def collect(component: ComponentSpec, executor_input: ExecutorInput, attempt_id: str) -> Collected:
    """The outputs of a finished attempt.

    Raises:
        OutputError: a declared parameter wasn't written or has the wrong type, or the output file isn't valid.
    """
    written = _read_output_file(executor_input.outputs.output_file)
    parameters: dict[str, Json] = {}
    for name, definition in component.output_definitions.parameters.items():
        parameters[name] = _parameter(name, definition, executor_input, written)
    artifacts: list[CollectedArtifact] = []
    for key, declared in executor_input.outputs.artifacts.items():
        is_list = component.output_definitions.artifacts[key].is_artifact_list
        merged = _merge(declared, written.artifacts.get(key), is_list=is_list)
        artifacts.extend(
            _collected(key, index, artifact, f"{attempt_id}-{key}-{index}") for index, artifact in enumerate(merged)
        )
    by_key: dict[str, tuple[ArtifactValue, ...]] = {key: () for key in executor_input.outputs.artifacts}
    for item in artifacts:
        by_key[item.key] = (*by_key[item.key], item.value)
    return Collected(Values(parameters, by_key), tuple(artifacts))


def scalar_metrics(artifact: RuntimeArtifact) -> dict[str, float]:
    """The numbers in a Metrics artifact, by name."""
    title = artifact.type.schema_title if artifact.type else ""
    if title != "system.Metrics":
        return {}
    return {
        name: float(value)
        for name, value in artifact.metadata.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _read_output_file(name: str) -> ExecutorOutput:
    path = Path(name)
    try:
        if path.stat().st_size > _LARGEST_OUTPUT_FILE:
            raise OutputError(f"the executor's output file is larger than {_LARGEST_OUTPUT_FILE >> 20} MiB", where=name)
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ExecutorOutput()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"the executor's output file can't be read: {error}", where=name) from None
    if not text.strip():
        return ExecutorOutput()
    try:
        return ExecutorOutput.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise OutputError(f"the executor wrote broken JSON: {error}", where=name) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise OutputError(f"the executor wrote an invalid output: {place}: {first['msg']}", where=name) from None


def _parameter(
    name: str, definition: OutputParameterSpec, executor_input: ExecutorInput, written: ExecutorOutput
) -> Json:
    kind = effective_type(definition)
    where = f"output parameter {name}"
    if name in written.parameter_values:
        return _checked(convert(written.parameter_values[name], kind, where=where), name)
    if name in written.parameters:
        return convert(written.parameters[name].python, kind, where=where)
    path = Path(executor_input.outputs.parameters[name].output_file)
    try:
        if path.stat().st_size > _LARGEST_PARAMETER:
            raise OutputError(
                f"output parameter {name!r} is larger than 1 MiB",
                where=str(path),
                hint="pass large values as an artifact: a parameter is recorded with the run",
            )
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise OutputError(
            f"the command succeeded but didn't write its output parameter {name!r}", where=str(path)
        ) from None
    except UnicodeDecodeError:
        raise OutputError(f"output parameter {name!r} is not UTF-8 text", where=str(path)) from None
    return text if kind is ParameterType.STRING else convert(text.strip(), kind, where=where)


def _checked(value: Json, name: str) -> Json:
    if isinstance(value, str | list | dict) and len(value) > 1000 and len(json.dumps(value)) > _LARGEST_PARAMETER:
        raise OutputError(
            f"output parameter {name!r} is larger than 1 MiB",
            hint="pass large values as an artifact: a parameter is recorded with the run",
        )
    return value


def _merge(declared: ArtifactList, written: ArtifactList | None, *, is_list: bool) -> list[RuntimeArtifact]:
    if written is None or not written.artifacts:
        return [] if is_list else declared.artifacts
    base = declared.artifacts[0]
    merged = []
    for item in written.artifacts if is_list else written.artifacts[:1]:
        metadata: Mapping[str, Json] = {**base.metadata, **item.metadata}
        update: dict[str, Json] = {"metadata": dict(metadata), "name": item.name or base.name}
        if item.uri:
            update["uri"] = item.uri
        if item.custom_path:
            update["custom_path"] = item.custom_path
        if item.type is not None and item.type.schema_title:
            update["type"] = item.type
        merged.append(base.model_copy(update=update))
    return merged


def _collected(key: str, index: int, artifact: RuntimeArtifact, artifact_id: str) -> CollectedArtifact:
    value = ArtifactValue(artifact_id, artifact)
    path = artifact.custom_path or artifact.uri
    if not path.startswith("/") or not Path(path).exists():
        return CollectedArtifact(key, index, value, None, None)
    found = digest(Path(path))
    return CollectedArtifact(key, index, value, found.sha256, found.size)
