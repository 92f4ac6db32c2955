"""Groups of tasks: `If/Elif/Else`, `ParallelFor`, `ExitHandler`; and `OneOf`, which joins branches."""

from __future__ import annotations

import warnings
from enum import StrEnum
from types import TracebackType
from typing import Any, ClassVar

from localflow.dsl.channel import (
    ConditionOperation,
    OneOfArtifact,
    OneOfChannel,
    OneOfParameter,
    PipelineArtifactChannel,
    PipelineChannel,
    PipelineParameterChannel,
)
from localflow.dsl.context import Pipeline
from localflow.dsl.location import user_line
from localflow.dsl.loop import LoopArgument, loop_argument
from localflow.dsl.task import PipelineTask
from localflow.errors import CompileError
from localflow.spec.base import Json


class TasksGroupType(StrEnum):
    """Kind of a group, which is also the beginning of its name."""

    PIPELINE = "pipeline"
    CONDITION = "condition"
    CONDITION_BRANCHES = "condition-branches"
    FOR_LOOP = "for-loop"
    EXIT_HANDLER = "exit-handler"


class TasksGroup:
    """Tasks and inner groups that become one DAG."""

    group_type: ClassVar[TasksGroupType] = TasksGroupType.PIPELINE

    def __init__(self, name: str | None = None) -> None:
        self.display_name = name
        self.name = ""
        self.tasks: list[PipelineTask] = []
        self.groups: list[TasksGroup] = []
        self.parent_task_group: TasksGroup | None = None
        self.where = user_line()

    @property
    def dsl_name(self) -> str:
        """How users write the group."""
        return f"dsl.{type(self).__name__}"

    def __enter__(self) -> Any:
        pipeline = Pipeline.required(self.dsl_name)
        self._take_number(pipeline)
        pipeline.open(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        Pipeline.required(self.dsl_name).close()

    def _take_number(self, pipeline: Pipeline) -> None:
        self.name = f"{self.group_type}-{pipeline.next_group_id()}"


class ExitHandler(TasksGroup):
    """Tasks after which the exit task runs, whatever became of them."""

    group_type = TasksGroupType.EXIT_HANDLER

    def __init__(self, exit_task: PipelineTask, name: str | None = None) -> None:
        Pipeline.required(self.dsl_name)
        super().__init__(name)
        if not isinstance(exit_task, PipelineTask):
            raise CompileError(f"the exit task of dsl.ExitHandler is {exit_task!r}, not a task", where=user_line())
        used = [each.full_name for each in exit_task.channel_inputs if each.task_name]
        if exit_task.dependent_tasks or used:
            upstream = ", ".join(repr(each) for each in [*exit_task.dependent_tasks, *used])
            raise CompileError(
                f"exit task {exit_task.name!r} depends on {upstream}",
                where=user_line(),
                hint="an exit task takes constants and inputs of the pipeline only",
            )
        self.exit_task = exit_task
        if exit_task.parent_task_group is not None:
            exit_task.parent_task_group.tasks.remove(exit_task)
            exit_task.parent_task_group = None
        exit_task.is_exit_handler = True


class ConditionBranches(TasksGroup):
    """All branches of an ``If`` with ``Elif`` or ``Else``."""

    group_type = TasksGroupType.CONDITION_BRANCHES

    def __init__(self) -> None:
        super().__init__()
        self._oneof_id = 0

    def next_oneof_id(self) -> int:
        """The next number for the name of a `OneOf` over these branches."""
        self._oneof_id += 1
        return self._oneof_id


class ConditionGroup(TasksGroup):
    """Tasks that run when all conditions hold."""

    group_type = TasksGroupType.CONDITION

    def __init__(self, conditions: list[ConditionOperation], name: str | None) -> None:
        super().__init__(name)
        self.conditions = conditions

    @property
    def alternatives(self) -> list[ConditionOperation]:
        """What must hold for a following branch: that none of the branches up to this one was taken."""
        return [each if each.negate else each.negated() for each in self.conditions]


class If(ConditionGroup):
    """Tasks that run when the condition holds."""

    def __init__(self, condition: Any, name: str | None = None) -> None:
        super().__init__([_checked(condition, "dsl.If")], name)


class Condition(If):
    """The old name of `If`."""

    def __enter__(self) -> Any:
        warnings.warn("dsl.Condition is deprecated. Please use dsl.If instead.", DeprecationWarning, stacklevel=2)
        return super().__enter__()


class _FurtherBranch(ConditionGroup):
    """A branch that belongs to an `If` before it."""

    def __init__(self, condition: ConditionOperation | None, name: str | None) -> None:
        previous = Pipeline.required(self.dsl_name).last_sibling()
        if isinstance(previous, ConditionBranches):
            after_else = bool(previous.groups) and isinstance(previous.groups[-1], Else)
            if not after_else:
                previous = previous.groups[-1]
        if not isinstance(previous, If | Elif):
            raise CompileError(
                f"{self.dsl_name} doesn't follow a dsl.If or dsl.Elif",
                where=user_line(),
                hint="put it directly after the branch, on the same level",
            )
        super().__init__([*previous.alternatives, *([condition] if condition is not None else [])], name)
        self._previous = previous

    def __enter__(self) -> Any:
        pipeline = Pipeline.required(self.dsl_name)
        siblings = pipeline.open_groups[-1].groups
        if isinstance(self._previous, If):
            branches = ConditionBranches()
            branches._take_number(pipeline)
            _swap_numbers(branches, self._previous)
            siblings.remove(self._previous)
            pipeline.open(branches)
            self._previous.parent_task_group = branches
            branches.groups.append(self._previous)
        else:
            branches_group = self._previous.parent_task_group
            assert branches_group is not None
            pipeline.open_groups.append(branches_group)
        self._take_number(pipeline)
        pipeline.open(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pipeline = Pipeline.required(self.dsl_name)
        pipeline.close()
        pipeline.close()


class Elif(_FurtherBranch):
    """Tasks that run when no branch before holds and this condition does."""

    def __init__(self, condition: Any, name: str | None = None) -> None:
        Pipeline.required(self.dsl_name)
        super().__init__(_checked(condition, "dsl.Elif"), name)


class Else(_FurtherBranch):
    """Tasks that run when no branch before holds."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(None, name)


class ParallelFor(TasksGroup):
    """Tasks that run once for each item, at most `parallelism` iterations at a time (None or 0: no limit)."""

    group_type = TasksGroupType.FOR_LOOP

    def __init__(
        self,
        items: list[Json] | tuple[Json, ...] | PipelineChannel,
        name: str | None = None,
        parallelism: int | None = None,
    ) -> None:
        pipeline = Pipeline.required(self.dsl_name)
        super().__init__(name)
        if parallelism is not None and parallelism < 0:
            raise CompileError(f"dsl.ParallelFor got parallelism={parallelism}; it must be 0 or more", where=user_line())
        self.parallelism_limit = parallelism or 0
        self.items_is_pipeline_channel = isinstance(items, PipelineChannel)
        self.loop_argument = loop_argument(items, None if self.items_is_pipeline_channel else pipeline.next_group_id())

    def __enter__(self) -> LoopArgument:
        super().__enter__()
        return self.loop_argument


class OneOf:
    """The output of that branch of an ``If/Elif/Else`` that ran.

    Args:
        *channels: one output of a task in each branch, all of one type.

    Raises:
        CompileError: the outputs can't be joined.
    """

    def __new__(cls, *channels: PipelineChannel) -> OneOfChannel:  # type: ignore[misc]
        """Join the outputs to one channel."""
        where = user_line()
        if not channels:
            raise CompileError("dsl.OneOf got no outputs", where=where)
        for channel in channels:
            if not isinstance(channel, PipelineParameterChannel | PipelineArtifactChannel) or isinstance(
                channel, OneOfChannel
            ):
                raise CompileError(f"dsl.OneOf takes outputs of tasks, not {channel!r}", where=where)
        first = channels[0]
        for index, channel in enumerate(channels):
            if str(channel.data_type) != str(first.data_type):
                raise CompileError(
                    f"the outputs given to dsl.OneOf are of different types: {first.full_name!r} is {first.data_type}, "
                    f"{channel.full_name!r} (number {index}) is {channel.data_type}",
                    where=where,
                )
        branches = _branches_of(first, where)
        if not isinstance(branches.groups[-1], Else):
            raise CompileError(
                "the branches given to dsl.OneOf have no dsl.Else, so that there may be no output at all",
                where=where,
                hint="add a dsl.Else and pass one of its outputs too",
            )
        joined = OneOfParameter if isinstance(first, PipelineParameterChannel) else OneOfArtifact
        return joined(list(channels), branches)


def _branches_of(channel: PipelineChannel, where: str) -> ConditionBranches:
    pipeline = Pipeline.required("dsl.OneOf")
    task = pipeline.tasks.get(channel.task_name or "")
    branch = task.parent_task_group if task is not None else None
    branches = branch.parent_task_group if branch is not None else None
    if not isinstance(branches, ConditionBranches):
        raise CompileError(
            f"{channel.full_name!r}, given to dsl.OneOf, isn't the output of a task in a branch of dsl.If/dsl.Else",
            where=where,
        )
    return branches


def _swap_numbers(branches: ConditionBranches, first: ConditionGroup) -> None:
    """Give the branches the number that their first branch had, so that numbers follow the source from outside in."""
    branches_number, first_number = branches.name.rsplit("-", 1)[1], first.name.rsplit("-", 1)[1]
    branches.name = f"{branches.group_type}-{first_number}"
    first.name = f"{first.group_type}-{branches_number}"


def _checked(condition: Any, what: str) -> ConditionOperation:
    if isinstance(condition, ConditionOperation):
        for channel in condition.channels:
            if isinstance(channel, PipelineArtifactChannel):
                raise CompileError(
                    f"{what} compares {channel.full_name!r}, an artifact",
                    where=user_line(),
                    hint="compare a parameter: let the task also return what the condition needs",
                )
        return condition
    if isinstance(condition, PipelineChannel):
        raise CompileError(
            f"{what} got {condition.full_name!r} itself as its condition",
            where=user_line(),
            hint="compare it, for example with == True",
        )
    raise CompileError(
        f"{what} got the constant {condition!r} as its condition",
        where=user_line(),
        hint="at least one side of the comparison must be a task's output or an input of the pipeline",
    )
