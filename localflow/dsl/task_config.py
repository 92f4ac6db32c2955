"""Which parts of a task's configuration a component handles itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class TaskConfigField(IntEnum):
    """A part of a task's configuration, numbered as in the schema of the IR."""

    RESOURCES = 1
    ENV = 2
    KUBERNETES_AFFINITY = 3
    KUBERNETES_TOLERATIONS = 4
    KUBERNETES_NODE_SELECTOR = 5
    KUBERNETES_VOLUMES = 6


@dataclass(frozen=True, slots=True)
class TaskConfigPassthrough:
    """A part that the component is given as a value; with `apply_to_task` it also holds for the task itself."""

    field: TaskConfigField
    apply_to_task: bool = False
