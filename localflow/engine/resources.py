"""What a container asks for, from Kubernetes' quantities (``500m``, ``2Gi``) to cores and bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from localflow.backends.base import Resources
from localflow.errors import InvalidInputError
from localflow.spec.pipeline_spec import ResourceSpec

_QUANTITY: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)")
_FACTORS: Final = {
    "": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_GIGABYTE: Final = 1e9


def quantity(text: str, where: str) -> float:
    """The number that a Kubernetes quantity stands for.

    Raises:
        InvalidInputError: it isn't one.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or match.group(2) not in _FACTORS:
        raise InvalidInputError(
            f"{text!r} is not a quantity", where=where, hint="write it like 500m, 2, 512Mi or 4G"
        )
    return float(match.group(1)) * _FACTORS[match.group(2)]


def resources(spec: ResourceSpec | None, resolve: Callable[[str], str]) -> Resources:
    """The limits of a container; `resolve` fills in placeholders. The strings win over the older numbers.

    Raises:
        InvalidInputError: a quantity can't be read.
    """
    if spec is None:
        return Resources()
    cpu = quantity(resolve(spec.resource_cpu_limit), "cpu limit") if spec.resource_cpu_limit else spec.cpu_limit
    memory = (
        quantity(resolve(spec.resource_memory_limit), "memory limit")
        if spec.resource_memory_limit
        else spec.memory_limit * _GIGABYTE
    )
    accelerator = spec.accelerator
    count = resolve(accelerator.resource_count) or str(accelerator.count) if accelerator else "0"
    return Resources(
        cpu_limit=cpu or None,
        memory_limit=int(memory) or None,
        accelerator_type=resolve(accelerator.resource_type) or accelerator.type if accelerator else "",
        accelerator_count=int(quantity(count, "accelerator count")),
    )
