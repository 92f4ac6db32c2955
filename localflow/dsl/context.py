"""The pipeline that is being written: its tasks, its groups, and the names given out so far."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, ClassVar

from localflow.dsl.location import user_line
from localflow.dsl.names import kubernetes_name, unique
from localflow.errors import CompileError

if TYPE_CHECKING:
    from localflow.dsl.channel import PipelineChannel
    from localflow.dsl.control_flow import TasksGroup
    from localflow.dsl.task import PipelineTask


class Pipeline:
    """Collects the tasks and groups that a pipeline function makes while it runs once.

    Attributes:
        tasks: all tasks by name, which is unique in the pipeline.
        channels: all channels by the pattern that stands for them in strings.
        open_groups: the groups that surround the current line, the root first.
    """

    _current: ClassVar[Pipeline | None] = None

    def __init__(self, name: str, root: TasksGroup) -> None:
        self.name = name
        self.tasks: dict[str, PipelineTask] = {}
        self.channels: dict[str, PipelineChannel] = {}
        self.open_groups: list[TasksGroup] = [root]
        self._group_id = 0

    @classmethod
    def current(cls) -> Pipeline | None:
        """The pipeline whose function runs now."""
        return cls._current

    @classmethod
    def required(cls, what: str) -> Pipeline:
        """The pipeline whose function runs now; raises `CompileError`, naming what needs one, when there is none."""
        if cls._current is None:
            raise CompileError(
                f"{what} outside of a pipeline",
                where=user_line(),
                hint="use it inside a function decorated with @dsl.pipeline",
            )
        return cls._current

    def __enter__(self) -> Pipeline:
        if Pipeline._current is not None:
            raise CompileError(
                f"pipeline {self.name!r} is defined inside pipeline {Pipeline._current.name!r}",
                where=user_line(),
                hint="define it at the top of the module and call it here",
            )
        Pipeline._current = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        Pipeline._current = None

    def add_task(self, task: PipelineTask, component: str) -> str:
        """Put a task into the innermost open group and give it a unique name."""
        name = unique(kubernetes_name(component) or "task", self.tasks)
        self.tasks[name] = task
        self.open_groups[-1].tasks.append(task)
        task.parent_task_group = self.open_groups[-1]
        return name

    def next_group_id(self) -> str:
        """The next number for the name of a group."""
        self._group_id += 1
        return str(self._group_id)

    def open(self, group: TasksGroup) -> None:
        """Enter a group: what follows belongs to it."""
        group.parent_task_group = self.open_groups[-1]
        self.open_groups[-1].groups.append(group)
        self.open_groups.append(group)

    def close(self) -> None:
        """Leave the innermost group."""
        self.open_groups.pop()

    def last_sibling(self) -> TasksGroup | None:
        """The group that ended last on this level."""
        groups = self.open_groups[-1].groups
        return groups[-1] if groups else None
