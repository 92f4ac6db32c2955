"""How a component is carried out: a container, an importer, or a graph of tasks."""

from __future__ import annotations

from dataclasses import dataclass, field

from localflow.dsl.placeholders import CommandLineElement
from localflow.spec.base import Json
from localflow.spec.pipeline_spec import PipelineSpec
from localflow.spec.platform_spec import PlatformSpec


@dataclass(frozen=True, slots=True)
class ContainerImplementation:
    """A command in an image."""

    image: str
    command: tuple[CommandLineElement, ...] = ()
    args: tuple[CommandLineElement, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImporterImplementation:
    """An artifact from outside; strings in the metadata may hold placeholders."""

    artifact_uri: str | None
    """The address; None when it comes from the input ``uri``."""
    schema_title: str
    schema_version: str
    reimport: bool
    metadata: dict[str, Json]
    download_to_workspace: bool


@dataclass(frozen=True, slots=True)
class GraphImplementation:
    """A compiled pipeline."""

    spec: PipelineSpec
    platform: PlatformSpec | None = None


Implementation = ContainerImplementation | ImporterImplementation | GraphImplementation
