"""A component in a pipeline with its arguments and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localflow.dsl.channel import PipelineChannel, channels_in, make_channel
from localflow.dsl.context import Pipeline
from localflow.dsl.durations import seconds
from localflow.dsl.implementation import ContainerImplementation, GraphImplementation, Implementation
from localflow.dsl.interface import Interface
from localflow.dsl.location import nearest, user_line
from localflow.dsl.resources import accelerator_count, check_cpu, check_memory
from localflow.errors import CompileError
from localflow.spec.base import Json

if TYPE_CHECKING:
    from localflow.dsl.control_flow import TasksGroup


@dataclass(slots=True)
class TaskResources:
    """What a task asks for; each a number with a unit, or the pattern of a channel."""

    cpu_request: str | None = None
    cpu_limit: str | None = None
    memory_request: str | None = None
    memory_limit: str | None = None
    accelerator_type: str | None = None
    accelerator_count: str | None = None


@dataclass(frozen=True, slots=True)
class TaskRetry:
    """How a failed task is tried again; durations in seconds."""

    max_retry_count: int
    backoff_seconds: int
    backoff_factor: float
    backoff_max_seconds: int


@dataclass(slots=True)
class TaskSettings:
    """What the methods of `PipelineTask` set."""

    display_name: str | None = None
    enable_caching: bool = True
    cache_key: str | None = None
    retry: TaskRetry | None = None
    image: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    resources: TaskResources | None = None
    ignore_upstream_failure: bool = False


class PipelineTask:
    """A task of a pipeline: made by calling a component, not by users directly.

    Attributes:
        platform_config: settings per platform, such as ``{"kubernetes": {...}}``, in the form of the platform spec.
    """

    def __init__(
        self, interface: Interface, implementation: Implementation, arguments: Mapping[str, Any], enable_caching: bool
    ) -> None:
        pipeline = Pipeline.required(f"component {interface.name!r} was called")
        self.interface = interface
        self.implementation = implementation
        self.settings = TaskSettings(enable_caching=enable_caching)
        self.where = user_line()
        self.parent_task_group: TasksGroup | None = None
        self.is_exit_handler = False
        self.platform_config: dict[str, dict[str, Json]] = {}
        self._inputs = dict(arguments)
        self._extra_channels: list[PipelineChannel] = []
        self._dependent_tasks: list[str] = []
        self.name = pipeline.add_task(self, interface.name)
        self._outputs = {
            name: make_channel(name, spec.type, self.name) for name, spec in interface.outputs.items()
        }

    @property
    def inputs(self) -> dict[str, Any]:
        """The arguments by input."""
        return self._inputs

    @property
    def channel_inputs(self) -> list[PipelineChannel]:
        """All channels that the task takes, also those inside of strings, lists and dicts."""
        found = [*channels_in(list(self._inputs.values())), *self._extra_channels]
        return list({each.pattern: each for each in found}.values())

    @property
    def dependent_tasks(self) -> list[str]:
        """The names of tasks and exit handlers that `after` was told."""
        return self._dependent_tasks

    @property
    def output(self) -> PipelineChannel:
        """The task's only output."""
        if len(self._outputs) != 1:
            have = ", ".join(repr(name) for name in self._outputs) or "none"
            raise CompileError(
                f"task {self.name!r} has {len(self._outputs)} outputs, so that .output isn't one of them ({have})",
                where=user_line(),
                hint=".outputs['NAME'] is one of several" if self._outputs else "annotate what the component returns",
            )
        return next(iter(self._outputs.values()))

    @property
    def outputs(self) -> Mapping[str, PipelineChannel]:
        """The task's outputs by name."""
        return _Outputs(self.name, self._outputs)

    def register_pipeline_channels(self, pipeline_channels: list[PipelineChannel]) -> None:
        """Note that settings of the task also take these channels."""
        self._extra_channels.extend(pipeline_channels)

    def after(self, *tasks: Any) -> PipelineTask:
        """Start this task only when the given tasks or exit handlers have ended."""
        for upstream in tasks:
            if isinstance(upstream, PipelineTask):
                if upstream is self:
                    raise CompileError(f"task {self.name!r} is set to run after itself", where=user_line())
            elif getattr(upstream, "group_type", None) != "exit-handler":
                raise CompileError(
                    f"task {self.name!r} can't run after {_name_of(upstream)}",
                    where=user_line(),
                    hint=".after() takes tasks and dsl.ExitHandler groups",
                )
            self._dependent_tasks.append(upstream.name)
        return self

    def set_caching_options(self, enable_caching: bool, cache_key: str | None = None) -> PipelineTask:
        """Say whether the task may be answered from the cache, and under which key."""
        self.settings.enable_caching = enable_caching
        self.settings.cache_key = cache_key
        return self

    def set_retry(
        self,
        num_retries: int,
        backoff_duration: str | None = None,
        backoff_factor: float | None = None,
        backoff_max_duration: str | None = None,
    ) -> PipelineTask:
        """Try the task again when it fails; the wait begins at `backoff_duration` and grows by `backoff_factor`."""
        where = user_line()
        self.settings.retry = TaskRetry(
            max_retry_count=num_retries or 0,
            backoff_seconds=seconds(backoff_duration or "0s", where),
            backoff_factor=backoff_factor or 2.0,
            backoff_max_seconds=seconds(backoff_max_duration or "3600s", where),
        )
        return self

    def set_display_name(self, name: str) -> PipelineTask:
        """Show the task under this name."""
        self.settings.display_name = name
        return self

    def set_env_variable(self, name: str, value: str) -> PipelineTask:
        """Set an environment variable of the container."""
        self._need_container("set_env_variable")
        self.settings.env[name] = value
        return self

    def set_debug_pause(self, before: bool = False, after: bool = True, on_error: bool = False) -> PipelineTask:
        """Ask Argo to hold the Pod before or after the command, or after a failure only."""
        if not after and (on_error or not before):
            raise CompileError(
                f"set_debug_pause of {self.name!r} got before={before}, after={after}, on_error={on_error}, "
                "which leaves nothing to pause on",
                where=user_line(),
                hint="on_error needs after=True",
            )
        if before:
            self.set_env_variable("ARGO_DEBUG_PAUSE_BEFORE", "true")
        if after:
            self.set_env_variable("ARGO_DEBUG_PAUSE_ON_ERROR" if on_error else "ARGO_DEBUG_PAUSE_AFTER", "true")
        return self

    def set_container_image(self, name: str | PipelineChannel) -> PipelineTask:
        """Run the container from this image; the name may come from an input or another task."""
        self._need_container("set_container_image")
        self.settings.image = self._text_or_pattern(name)
        return self

    def set_cpu_request(self, cpu: str | PipelineChannel) -> PipelineTask:
        """Ask for at least this much CPU, such as ``0.5`` or ``500m``."""
        self._resources("set_cpu_request").cpu_request = self._cpu(cpu)
        return self

    def set_cpu_limit(self, cpu: str | PipelineChannel) -> PipelineTask:
        """Allow at most this much CPU, such as ``0.5`` or ``500m``."""
        self._resources("set_cpu_limit").cpu_limit = self._cpu(cpu)
        return self

    def set_memory_request(self, memory: str | PipelineChannel) -> PipelineTask:
        """Ask for at least this much memory, such as ``512Mi``."""
        self._resources("set_memory_request").memory_request = self._memory(memory)
        return self

    def set_memory_limit(self, memory: str | PipelineChannel) -> PipelineTask:
        """Allow at most this much memory, such as ``512Mi``."""
        self._resources("set_memory_limit").memory_limit = self._memory(memory)
        return self

    def set_accelerator_type(self, accelerator: str | PipelineChannel) -> PipelineTask:
        """Ask for accelerators of this type, one unless `set_accelerator_limit` says otherwise."""
        resources = self._resources("set_accelerator_type")
        resources.accelerator_type = self._text_or_pattern(accelerator)
        if resources.accelerator_count is None:
            resources.accelerator_count = "1"
        return self

    def set_accelerator_limit(self, limit: int | str | PipelineChannel) -> PipelineTask:
        """Ask for this many accelerators of the type that `set_accelerator_type` names."""
        resources = self._resources("set_accelerator_limit")
        resources.accelerator_count = (
            self._text_or_pattern(limit)
            if isinstance(limit, PipelineChannel)
            else accelerator_count(limit, user_line())
        )
        return self

    def set_gpu_limit(self, gpu: str) -> PipelineTask:
        """The old name of `set_accelerator_limit`."""
        return self.set_accelerator_limit(gpu)

    def add_node_selector_constraint(self, accelerator: str) -> PipelineTask:
        """The old name of `set_accelerator_type`."""
        return self.set_accelerator_type(accelerator)

    def ignore_upstream_failure(self) -> PipelineTask:
        """Run the task also when a task before it failed; inputs from tasks then need defaults."""
        for name, spec in self.interface.inputs.items():
            value = self._inputs.get(name)
            if isinstance(value, PipelineChannel) and value.task_name and not spec.optional and not spec.is_injected:
                raise CompileError(
                    f"task {self.name!r} can't ignore the failure of {value.task_name!r}: its input {name!r} takes "
                    f"output {value.name!r} of that task and has no default",
                    where=user_line(),
                    hint=f"give parameter {name!r} a default",
                )
        self.settings.ignore_upstream_failure = True
        return self

    def _need_container(self, method: str) -> ContainerImplementation:
        if not isinstance(self.implementation, ContainerImplementation):
            kind = "a pipeline" if isinstance(self.implementation, GraphImplementation) else "an importer"
            raise CompileError(
                f"{method} can't be used on task {self.name!r}, which is {kind}",
                where=user_line(),
                hint="it is for components that run a container",
            )
        return self.implementation

    def _resources(self, method: str) -> TaskResources:
        self._need_container(method)
        if self.settings.resources is None:
            self.settings.resources = TaskResources()
        return self.settings.resources

    def _text_or_pattern(self, value: Any) -> str:
        self._extra_channels.extend(channels_in(value))
        return value.pattern if isinstance(value, PipelineChannel) else str(value)

    def _cpu(self, amount: str | PipelineChannel) -> str:
        if not isinstance(amount, PipelineChannel):
            check_cpu(amount, user_line())
        return self._text_or_pattern(amount)

    def _memory(self, amount: str | PipelineChannel) -> str:
        if not isinstance(amount, PipelineChannel):
            check_memory(amount, user_line())
        return self._text_or_pattern(amount)


class _Outputs(dict[str, PipelineChannel]):
    """Outputs by name, which says what there is when a name is wrong."""

    def __init__(self, task: str, outputs: Mapping[str, PipelineChannel]) -> None:
        super().__init__(outputs)
        self._task = task

    def __missing__(self, name: str) -> PipelineChannel:
        raise CompileError(
            f"task {self._task!r} has no output {name!r}", where=user_line(), hint=nearest(str(name), self)
        )


def _name_of(group: Any) -> str:
    kind = getattr(group, "dsl_name", None)
    return f"{kind} {group.name!r}" if kind else repr(group)


