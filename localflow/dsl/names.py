"""How names of functions, tasks and channels become names of the IR."""

from __future__ import annotations

import re
from collections.abc import Collection

from localflow.errors import CompileError

INJECTED_PREFIX = "pipelinechannel--"
_PIPELINE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")


def kubernetes_name(name: str) -> str:
    """Lower case, with everything but letters and digits as single dashes."""
    return re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")


def component_key(name: str) -> str:
    """Key of a component in `PipelineSpec.components`."""
    return f"comp-{kubernetes_name(name)}"


def executor_label(name: str) -> str:
    """Label of an executor in the deployment spec."""
    return f"exec-{kubernetes_name(name)}"


def injected(full_name: str) -> str:
    """Name of an input that the compiler adds so that a value reaches an inner DAG."""
    return INJECTED_PREFIX + full_name


def unique(name: str, taken: Collection[str]) -> str:
    """The name itself, or with the first index from 2 on that makes it unique."""
    if name not in taken:
        return name
    index = 2
    while f"{name}-{index}" in taken:
        index += 1
    return f"{name}-{index}"


def check_pipeline_name(name: str, where: str) -> None:
    """Raise `CompileError` unless Kubeflow takes the name for a pipeline."""
    if not _PIPELINE_NAME.fullmatch(name):
        raise CompileError(
            f"{name!r} can't be the name of a pipeline",
            where=where,
            hint="use up to 128 letters, digits and dashes, beginning with a letter or digit: @dsl.pipeline(name=...)",
        )
