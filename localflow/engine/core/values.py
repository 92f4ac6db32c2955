"""The values that flow between tasks: parameters, and artifacts by reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localflow.spec.base import Json
from localflow.spec.executor_io import RuntimeArtifact


@dataclass(frozen=True, slots=True)
class ArtifactValue:
    """An artifact that flows between tasks."""

    id: str
    """Of its record."""
    artifact: RuntimeArtifact

    def to_json(self) -> dict[str, Json]:
        """For a task's record."""
        return {"id": self.id, **self.artifact.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> ArtifactValue:
        """The reverse of `to_json`."""
        return cls(data["id"], RuntimeArtifact.model_validate({k: v for k, v in data.items() if k != "id"}))


@dataclass(frozen=True, slots=True)
class Values:
    """Inputs or outputs of a task: parameters by name, artifacts (one or a list) by name."""

    parameters: Mapping[str, Json] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[ArtifactValue, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """For a task's record: ``{"parameters": {…}, "artifacts": {name: […]}}``, empty parts left out."""
        data: dict[str, Any] = {}
        if self.parameters:
            data["parameters"] = dict(self.parameters)
        if self.artifacts:
            data["artifacts"] = {name: [item.to_json() for item in items] for name, items in self.artifacts.items()}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Json] | None) -> Values:
        """The reverse of `to_json`; no record means no values."""
        if not data:
            return NO_VALUES
        return cls(
            data.get("parameters", {}),
            {
                name: tuple(ArtifactValue.from_json(item) for item in items)
                for name, items in data.get("artifacts", {}).items()
            },
        )


NO_VALUES = Values()
