"""What goes into a component's executor and what comes out: ``ExecutorInput``, ``ExecutorOutput``, the final status."""

from __future__ import annotations

from pydantic import Field

from localflow.spec.base import Json, Message
from localflow.spec.pipeline_spec import ArtifactTypeSchema, Value


class RuntimeArtifact(Message):
    """An artifact as an executor sees it."""

    name: str = ""
    type: ArtifactTypeSchema | None = None
    uri: str = ""
    properties: dict[str, Value] = Field(default_factory=dict)
    custom_properties: dict[str, Value] = Field(default_factory=dict)
    metadata: dict[str, Json] = Field(default_factory=dict)
    custom_path: str | None = None


class ArtifactList(Message):
    """The artifacts under one name: one, or as many as a list input takes."""

    artifacts: list[RuntimeArtifact] = Field(default_factory=list)


class ExecutorInputs(Message):
    """The inputs of an execution."""

    parameters: dict[str, Value] = Field(default_factory=dict)
    artifacts: dict[str, ArtifactList] = Field(default_factory=dict)
    parameter_values: dict[str, Json] = Field(default_factory=dict)


class OutputParameter(Message):
    """The file to which an output parameter is written."""

    output_file: str = ""


class ExecutorOutputs(Message):
    """The outputs that an execution has to make."""

    parameters: dict[str, OutputParameter] = Field(default_factory=dict)
    artifacts: dict[str, ArtifactList] = Field(default_factory=dict)
    output_file: str = ""


class ExecutorInput(Message):
    """All that an executor is told."""

    inputs: ExecutorInputs = Field(default_factory=ExecutorInputs)
    outputs: ExecutorOutputs = Field(default_factory=ExecutorOutputs)


class ExecutorOutput(Message):
    """What an executor wrote to `ExecutorOutputs.output_file`."""

    parameters: dict[str, Value] = Field(default_factory=dict)
    artifacts: dict[str, ArtifactList] = Field(default_factory=dict)
    parameter_values: dict[str, Json] = Field(default_factory=dict)


class StatusError(Message):
    """``google.rpc.Status``: why a task failed."""

    code: int = 0
    message: str = ""
    details: list[dict[str, Json]] = Field(default_factory=list)


class PipelineTaskFinalStatus(Message):
    """How a task ended, as an exit handler is told."""

    state: str = ""
    error: StatusError = Field(default_factory=StatusError)
    pipeline_job_uuid: int | None = None
    pipeline_job_name: str = ""
    pipeline_job_resource_name: str = ""
    pipeline_task_name: str = ""
