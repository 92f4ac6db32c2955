"""The second YAML document: the platform spec, with the Kubernetes configuration of each executor.

Sources: ``SinglePlatformSpec`` and its kin in ``pipeline_spec.proto``, and ``kubernetes_executor_config.proto`` of
kubeflow/pipelines (2.17, with the later init containers). Names that may be inputs come as an input parameter, older
files have them as constants.
"""

from __future__ import annotations

from pydantic import Field

from localflow.spec.base import Json, Message


class PlatformTaskOutput(Message):
    """A parameter that a task makes."""

    producer_task: str = ""
    output_parameter_key: str = ""


class PlatformConstant(Message):
    """A constant."""

    constant: Json = None
    runtime_parameter: str | None = None


class PlatformFinalStatus(Message):
    """The final status of a task."""

    producer_task: str = ""


class PlatformParameter(Message):
    """A value that may be a constant, an input of the component or the output of a task."""

    task_output_parameter: PlatformTaskOutput | None = None
    runtime_value: PlatformConstant | None = None
    component_input_parameter: str | None = None
    task_final_status: PlatformFinalStatus | None = None
    parameter_expression_selector: str = ""


class SecretKeyToEnv(Message):
    """Which key of a secret becomes which variable."""

    secret_key: str = ""
    env_var: str = ""


class SecretAsVolume(Message):
    """A secret as files."""

    secret_name: str = ""
    mount_path: str = ""
    optional: bool | None = None
    secret_name_parameter: PlatformParameter | None = None


class SecretAsEnv(Message):
    """A secret as environment variables."""

    secret_name: str = ""
    key_to_env: list[SecretKeyToEnv] = Field(default_factory=list)
    optional: bool | None = None
    secret_name_parameter: PlatformParameter | None = None


class ConfigMapKeyToEnv(Message):
    """Which key of a config map becomes which variable."""

    config_map_key: str = ""
    env_var: str = ""


class ConfigMapAsVolume(Message):
    """A config map as files."""

    config_map_name: str = ""
    mount_path: str = ""
    optional: bool | None = None
    config_map_name_parameter: PlatformParameter | None = None


class ConfigMapAsEnv(Message):
    """A config map as environment variables."""

    config_map_name: str = ""
    key_to_env: list[ConfigMapKeyToEnv] = Field(default_factory=list)
    config_map_name_parameter: PlatformParameter | None = None
    optional: bool | None = None


class PvcMount(Message):
    """A persistent volume claim as a folder."""

    task_output_parameter: PlatformTaskOutput | None = None
    constant: str | None = None
    component_input_parameter: str | None = None
    mount_path: str = ""
    pvc_name_parameter: PlatformParameter | None = None
    sub_path: str = ""


class NodeSelector(Message):
    """Labels that a node must have."""

    labels: dict[str, str] = Field(default_factory=dict)
    node_selector_json: PlatformParameter | None = None


class PodMetadata(Message):
    """Labels and annotations of the Pod."""

    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class ImagePullSecret(Message):
    """A secret for pulling the image."""

    secret_name: str = ""
    secret_name_parameter: PlatformParameter | None = None


class FieldPathAsEnv(Message):
    """A field of the Pod as an environment variable."""

    name: str = ""
    field_path: str = ""


class Toleration(Message):
    """A taint that the Pod tolerates."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None
    toleration_json: PlatformParameter | None = None


class GenericEphemeralVolume(Message):
    """A volume that lives as long as the Pod."""

    volume_name: str = ""
    mount_path: str = ""
    access_modes: list[str] = Field(default_factory=list)
    size: str = ""
    default_storage_class: bool = False
    storage_class_name: str = ""
    metadata: PodMetadata | None = None


class SelectorRequirement(Message):
    """A requirement on labels or fields."""

    key: str = ""
    operator: str = ""
    values: list[str] = Field(default_factory=list)


class NodeAffinityTerm(Message):
    """Which nodes the Pod prefers or needs."""

    match_expressions: list[SelectorRequirement] = Field(default_factory=list)
    match_fields: list[SelectorRequirement] = Field(default_factory=list)
    weight: int | None = None
    node_affinity_json: PlatformParameter | None = None


class PodAffinityTerm(Message):
    """Near which Pods the Pod prefers or needs to be, or not to be."""

    match_pod_expressions: list[SelectorRequirement] = Field(default_factory=list)
    match_pod_labels: dict[str, str] = Field(default_factory=dict)
    topology_key: str = ""
    namespaces: list[str] = Field(default_factory=list)
    match_namespace_expressions: list[SelectorRequirement] = Field(default_factory=list)
    match_namespace_labels: dict[str, str] = Field(default_factory=dict)
    weight: int | None = None
    anti: bool | None = None


class EnabledSharedMemory(Message):
    """A memory volume at /dev/shm."""

    volume_name: str = ""
    size: str = ""


class EmptyDirMount(Message):
    """An empty folder that lives as long as the Pod."""

    volume_name: str = ""
    mount_path: str = ""
    medium: str | None = None
    size_limit: str | None = None


class SecurityContext(Message):
    """User and group of the container."""

    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None


class KubernetesExecutorConfig(Message):
    """What Kubernetes is told about an executor's Pod."""

    secret_as_volume: list[SecretAsVolume] = Field(default_factory=list)
    secret_as_env: list[SecretAsEnv] = Field(default_factory=list)
    pvc_mount: list[PvcMount] = Field(default_factory=list)
    node_selector: NodeSelector | None = None
    pod_metadata: PodMetadata | None = None
    image_pull_secret: list[ImagePullSecret] = Field(default_factory=list)
    image_pull_policy: str = ""
    config_map_as_volume: list[ConfigMapAsVolume] = Field(default_factory=list)
    config_map_as_env: list[ConfigMapAsEnv] = Field(default_factory=list)
    active_deadline_seconds: int = 0
    field_path_as_env: list[FieldPathAsEnv] = Field(default_factory=list)
    tolerations: list[Toleration] = Field(default_factory=list)
    generic_ephemeral_volume: list[GenericEphemeralVolume] = Field(default_factory=list)
    node_affinity: list[NodeAffinityTerm] = Field(default_factory=list)
    pod_affinity: list[PodAffinityTerm] = Field(default_factory=list)
    enabled_shared_memory: EnabledSharedMemory | None = None
    empty_dir_mounts: list[EmptyDirMount] = Field(default_factory=list)
    security_context: SecurityContext | None = None
    init_containers: list[dict[str, Json]] = Field(default_factory=list)


class KubernetesWorkspaceConfig(Message):
    """How the workspace's claim differs from the default."""

    pvc_spec_patch: dict[str, Json] | None = None


class WorkspaceConfig(Message):
    """A folder that all tasks of a run share."""

    size: str = ""
    kubernetes: KubernetesWorkspaceConfig | None = None


class PipelineConfig(Message):
    """Settings of a whole run. Semaphore and mutex were in the schema for a while and still stand in files."""

    resource_ttl_on_completion: int = 0
    workspace: WorkspaceConfig | None = None
    resource_ttl_on_success: int = 0
    resource_ttl_on_failure: int = 0
    active_deadline_seconds: int = 0
    semaphore_key: str | None = None
    mutex_name: str | None = None


class PlatformDeploymentConfig(Message):
    """The platform's configuration of each executor, by label."""

    executors: dict[str, KubernetesExecutorConfig] = Field(default_factory=dict)


class SinglePlatformSpec(Message):
    """What one platform is told."""

    deployment_spec: PlatformDeploymentConfig = Field(default_factory=PlatformDeploymentConfig)
    platform: str = ""
    config: dict[str, Json] = Field(default_factory=dict)
    pipeline_config: PipelineConfig | None = None


class PlatformSpec(Message):
    """What each platform is told: the second document of the YAML."""

    platforms: dict[str, SinglePlatformSpec] = Field(default_factory=dict)
