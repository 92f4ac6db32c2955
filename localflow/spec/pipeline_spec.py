"""The Kubeflow PipelineSpec IR v2 as models: every message and field of ``ml_pipelines.pipeline_spec`` (2.17).

The source is ``api/v2alpha1/pipeline_spec.proto`` of kubeflow/pipelines. Fields that no backend honours yet are here
too: a file that is valid for Kubeflow is valid for us. Messages of run time are in `executor_io`, those of the second
YAML document in `platform_spec`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from localflow.spec.base import Json, Message
from localflow.spec.platform_spec import SinglePlatformSpec


class PrimitiveType(StrEnum):
    """Parameter type of schemas before 2.1, in the ``type`` field."""

    PRIMITIVE_TYPE_UNSPECIFIED = "PRIMITIVE_TYPE_UNSPECIFIED"
    INT = "INT"
    DOUBLE = "DOUBLE"
    STRING = "STRING"


class ParameterType(StrEnum):
    """Type of a parameter."""

    PARAMETER_TYPE_ENUM_UNSPECIFIED = "PARAMETER_TYPE_ENUM_UNSPECIFIED"
    NUMBER_DOUBLE = "NUMBER_DOUBLE"
    NUMBER_INTEGER = "NUMBER_INTEGER"
    STRING = "STRING"
    BOOLEAN = "BOOLEAN"
    LIST = "LIST"
    STRUCT = "STRUCT"
    TASK_FINAL_STATUS = "TASK_FINAL_STATUS"
    TASK_CONFIG = "TASK_CONFIG"


class TriggerStrategy(StrEnum):
    """When a task may start, given the ends of those it depends on."""

    TRIGGER_STRATEGY_UNSPECIFIED = "TRIGGER_STRATEGY_UNSPECIFIED"
    ALL_UPSTREAM_TASKS_SUCCEEDED = "ALL_UPSTREAM_TASKS_SUCCEEDED"
    ALL_UPSTREAM_TASKS_COMPLETED = "ALL_UPSTREAM_TASKS_COMPLETED"


class TaskConfigPassthroughType(StrEnum):
    """Which part of a task's platform configuration a component asks to be given as a value."""

    NONE = "NONE"
    RESOURCES = "RESOURCES"
    ENV = "ENV"
    KUBERNETES_AFFINITY = "KUBERNETES_AFFINITY"
    KUBERNETES_TOLERATIONS = "KUBERNETES_TOLERATIONS"
    KUBERNETES_NODE_SELECTOR = "KUBERNETES_NODE_SELECTOR"
    KUBERNETES_VOLUMES = "KUBERNETES_VOLUMES"


def _duration_seconds(value: object) -> object:
    if isinstance(value, str) and value.endswith("s"):
        return float(value[:-1])
    raise ValueError('a duration is written as seconds with an "s", such as "60s"')


Duration = Annotated[str, BeforeValidator(lambda value: (_duration_seconds(value), value)[1])]
"""``google.protobuf.Duration`` in its JSON form, such as ``"60s"`` or ``"1.5s"``."""


def duration_seconds(duration: str) -> float:
    """The seconds of a `Duration`."""
    return float(duration[:-1])


class Value(Message):
    """A constant of schemas before 2.1: exactly one of the three fields."""

    int_value: int | None = None
    double_value: float | None = None
    string_value: str | None = None

    @property
    def python(self) -> int | float | str | None:
        """The constant itself."""
        for value in (self.int_value, self.double_value, self.string_value):
            if value is not None:
                return value
        return None


class ValueOrRuntimeParameter(Message):
    """A constant, or (before 2.1) the name of a pipeline parameter."""

    constant_value: Value | None = None
    runtime_parameter: str | None = None
    constant: Json = None


class PipelineInfo(Message):
    """Name and description of a pipeline."""

    name: str = ""
    display_name: str = ""
    description: str = ""


class PipelineTaskInfo(Message):
    """Name under which a task is displayed."""

    name: str = ""


class ComponentRef(Message):
    """The component that a task runs, by its key in `PipelineSpec.components`."""

    name: str = ""


class ArtifactTypeSchema(Message):
    """Type of an artifact, such as ``system.Model`` in version ``0.0.1``."""

    schema_title: str | None = None
    schema_uri: str | None = None
    instance_schema: str | None = None
    schema_version: str = ""


class InputArtifactSpec(Message):
    """An artifact that a component takes."""

    artifact_type: ArtifactTypeSchema | None = None
    is_artifact_list: bool = False
    is_optional: bool = False
    description: str = ""


class InputParameterSpec(Message):
    """A parameter that a component takes."""

    type: PrimitiveType | None = None
    parameter_type: ParameterType | None = None
    default_value: Json = None
    is_optional: bool = False
    description: str = ""
    literals: list[Json] = Field(default_factory=list)

    @property
    def has_default(self) -> bool:
        """Whether a default is written down, be it null."""
        return "default_value" in self.model_fields_set

    @property
    def is_required(self) -> bool:
        """Whether a value must be given."""
        return not (self.is_optional or self.has_default)


class ComponentInputsSpec(Message):
    """The inputs of a component."""

    artifacts: dict[str, InputArtifactSpec] = Field(default_factory=dict)
    parameters: dict[str, InputParameterSpec] = Field(default_factory=dict)


class OutputArtifactSpec(Message):
    """An artifact that a component makes."""

    artifact_type: ArtifactTypeSchema | None = None
    properties: dict[str, ValueOrRuntimeParameter] = Field(default_factory=dict)
    custom_properties: dict[str, ValueOrRuntimeParameter] = Field(default_factory=dict)
    metadata: dict[str, Json] = Field(default_factory=dict)
    is_artifact_list: bool = False
    description: str = ""


class OutputParameterSpec(Message):
    """A parameter that a component makes."""

    type: PrimitiveType | None = None
    parameter_type: ParameterType | None = None
    description: str = ""


class ComponentOutputsSpec(Message):
    """The outputs of a component."""

    artifacts: dict[str, OutputArtifactSpec] = Field(default_factory=dict)
    parameters: dict[str, OutputParameterSpec] = Field(default_factory=dict)


class TaskOutputParameterSpec(Message):
    """A parameter that another task of the same DAG makes."""

    producer_task: str = ""
    output_parameter_key: str = ""


class TaskOutputArtifactSpec(Message):
    """An artifact that another task of the same DAG makes."""

    producer_task: str = ""
    output_artifact_key: str = ""


class TaskFinalStatusSource(Message):
    """The final status of another task of the same DAG."""

    producer_task: str = ""


class TaskInputParameter(Message):
    """Where a task's parameter comes from: exactly one of the four kinds, and a selector into the value."""

    task_output_parameter: TaskOutputParameterSpec | None = None
    runtime_value: ValueOrRuntimeParameter | None = None
    component_input_parameter: str | None = None
    task_final_status: TaskFinalStatusSource | None = None
    parameter_expression_selector: str = ""


class TaskInputArtifact(Message):
    """Where a task's artifact comes from: exactly one of the two."""

    task_output_artifact: TaskOutputArtifactSpec | None = None
    component_input_artifact: str | None = None


class TaskInputsSpec(Message):
    """Where a task's inputs come from."""

    parameters: dict[str, TaskInputParameter] = Field(default_factory=dict)
    artifacts: dict[str, TaskInputArtifact] = Field(default_factory=dict)


class CachingOptions(Message):
    """Whether a task may be answered from the cache, and under which key of the user's own."""

    enable_cache: bool = False
    cache_key: str = ""


class TriggerPolicy(Message):
    """When a task starts: a condition in CEL, and a strategy."""

    condition: str = ""
    strategy: TriggerStrategy = TriggerStrategy.TRIGGER_STRATEGY_UNSPECIFIED


class RetryPolicy(Message):
    """How often and how soon a failed task is tried again."""

    max_retry_count: int = 0
    backoff_duration: Duration | None = None
    backoff_factor: float = 0.0
    backoff_max_duration: Duration | None = None


class IteratorPolicy(Message):
    """How many iterations of a loop run at once; 0 is no limit."""

    parallelism_limit: int = 0


class ParameterItemsSpec(Message):
    """The items of a loop over parameters: JSON text, or the name of an input."""

    raw: str | None = None
    input_parameter: str | None = None


class ParameterIteratorSpec(Message):
    """A loop over parameters."""

    items: ParameterItemsSpec = Field(default_factory=ParameterItemsSpec)
    item_input: str = ""


class ArtifactItemsSpec(Message):
    """The items of a loop over artifacts: the name of an input."""

    input_artifact: str = ""


class ArtifactIteratorSpec(Message):
    """A loop over artifacts."""

    items: ArtifactItemsSpec = Field(default_factory=ArtifactItemsSpec)
    item_input: str = ""


class PipelineTaskSpec(Message):
    """One task of a DAG."""

    task_info: PipelineTaskInfo | None = None
    inputs: TaskInputsSpec = Field(default_factory=TaskInputsSpec)
    dependent_tasks: list[str] = Field(default_factory=list)
    caching_options: CachingOptions | None = None
    component_ref: ComponentRef = Field(default_factory=ComponentRef)
    trigger_policy: TriggerPolicy | None = None
    artifact_iterator: ArtifactIteratorSpec | None = None
    parameter_iterator: ParameterIteratorSpec | None = None
    retry_policy: RetryPolicy | None = None
    iterator_policy: IteratorPolicy | None = None


class ArtifactSelectorSpec(Message):
    """An artifact of a task inside a DAG."""

    producer_subtask: str = ""
    output_artifact_key: str = ""


class DagOutputArtifactSpec(Message):
    """An artifact that a DAG gives out: of the first selector whose task ran."""

    artifact_selectors: list[ArtifactSelectorSpec] = Field(default_factory=list)


class ParameterSelectorSpec(Message):
    """A parameter of a task inside a DAG."""

    producer_subtask: str = ""
    output_parameter_key: str = ""


class ParameterSelectorsSpec(Message):
    """Candidates for a parameter, of which the first that exists is taken."""

    parameter_selectors: list[ParameterSelectorSpec] = Field(default_factory=list)


class DagOutputParameterSpec(Message):
    """A parameter that a DAG gives out."""

    value_from_parameter: ParameterSelectorSpec | None = None
    value_from_oneof: ParameterSelectorsSpec | None = None


class DagOutputsSpec(Message):
    """What a DAG gives out."""

    artifacts: dict[str, DagOutputArtifactSpec] = Field(default_factory=dict)
    parameters: dict[str, DagOutputParameterSpec] = Field(default_factory=dict)


class DagSpec(Message):
    """Tasks and what comes out of them."""

    tasks: dict[str, PipelineTaskSpec] = Field(default_factory=dict)
    outputs: DagOutputsSpec = Field(default_factory=DagOutputsSpec)


class TaskConfigPassthrough(Message):
    """A part of the task's platform configuration that the component wants as a value."""

    field: TaskConfigPassthroughType = TaskConfigPassthroughType.NONE
    apply_to_task: bool = False


class ComponentSpec(Message):
    """A component: inputs, outputs, and either a DAG or the label of an executor."""

    input_definitions: ComponentInputsSpec = Field(default_factory=ComponentInputsSpec)
    output_definitions: ComponentOutputsSpec = Field(default_factory=ComponentOutputsSpec)
    dag: DagSpec | None = None
    executor_label: str | None = None
    single_platform_specs: list[SinglePlatformSpec] = Field(default_factory=list)
    task_config_passthroughs: list[TaskConfigPassthrough] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_implementation(self) -> ComponentSpec:
        if self.dag is not None and self.executor_label is not None:
            raise ValueError("a component has either a dag or an executorLabel, not both")
        return self


class EnvVar(Message):
    """An environment variable."""

    name: str = ""
    value: str = ""


class AcceleratorConfig(Message):
    """Accelerators that a container asks for."""

    type: str = ""
    count: int = 0
    resource_type: str = ""
    resource_count: str = ""


class ResourceSpec(Message):
    """CPU, memory and accelerators of a container; the strings win over the numbers (memory in GB) of older files."""

    cpu_limit: float = 0.0
    memory_limit: float = 0.0
    cpu_request: float = 0.0
    memory_request: float = 0.0
    resource_cpu_limit: str = ""
    resource_memory_limit: str = ""
    resource_cpu_request: str = ""
    resource_memory_request: str = ""
    accelerator: AcceleratorConfig | None = None


class LifecycleExec(Message):
    """A command of a lifecycle hook."""

    command: list[str] = Field(default_factory=list)
    args: list[str] = Field(default_factory=list)


class Lifecycle(Message):
    """Hooks of a container."""

    pre_cache_check: LifecycleExec | None = None


class PipelineContainerSpec(Message):
    """A container: image, command, arguments, environment, resources."""

    image: str = ""
    command: list[str] = Field(default_factory=list)
    args: list[str] = Field(default_factory=list)
    lifecycle: Lifecycle | None = None
    resources: ResourceSpec | None = None
    env: list[EnvVar] = Field(default_factory=list)


class ImporterSpec(Message):
    """Brings an artifact that exists outside into the run."""

    artifact_uri: ValueOrRuntimeParameter | None = None
    type_schema: ArtifactTypeSchema | None = None
    properties: dict[str, ValueOrRuntimeParameter] = Field(default_factory=dict)
    custom_properties: dict[str, ValueOrRuntimeParameter] = Field(default_factory=dict)
    reimport: bool = False
    metadata: dict[str, Json] = Field(default_factory=dict)
    download_to_workspace: bool = False


class ArtifactQuerySpec(Message):
    """A query of a resolver."""

    filter: str = ""
    limit: int = 0


class ResolverSpec(Message):
    """Finds artifacts by queries; part of the schema, run by no open source backend."""

    output_artifact_queries: dict[str, ArtifactQuerySpec] = Field(default_factory=dict)


class AIPlatformCustomJobSpec(Message):
    """A custom job of Google's platform."""

    custom_job: dict[str, Json] = Field(default_factory=dict)


class ExecutorSpec(Message):
    """How a component is carried out: exactly one of the four."""

    container: PipelineContainerSpec | None = None
    importer: ImporterSpec | None = None
    resolver: ResolverSpec | None = None
    custom_job: AIPlatformCustomJobSpec | None = None


class PipelineDeploymentConfig(Message):
    """The executors, by the label that components name."""

    executors: dict[str, ExecutorSpec] = Field(default_factory=dict)


class PipelineSpec(Message):
    """A compiled pipeline: the first document of the YAML."""

    pipeline_info: PipelineInfo = Field(default_factory=PipelineInfo)
    deployment_spec: PipelineDeploymentConfig = Field(default_factory=PipelineDeploymentConfig)
    sdk_version: str = ""
    schema_version: str = ""
    components: dict[str, ComponentSpec] = Field(default_factory=dict)
    root: ComponentSpec = Field(default_factory=ComponentSpec)
    default_pipeline_root: str = ""


class RuntimeConfig(Message):
    """Arguments of a `PipelineJob`."""

    parameters: dict[str, Value] = Field(default_factory=dict)
    gcs_output_directory: str = ""
    parameter_values: dict[str, Json] = Field(default_factory=dict)


class PipelineJob(Message):
    """A pipeline with its arguments, as older SDKs and Vertex AI write it."""

    name: str = ""
    display_name: str = ""
    pipeline_spec: PipelineSpec = Field(default_factory=PipelineSpec)
    labels: dict[str, str] = Field(default_factory=dict)
    runtime_config: RuntimeConfig | None = None
