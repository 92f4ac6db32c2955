"""What all models of a published message have in common: camelCase names, no unknown fields, no changes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Json = Any
"""A value of ``google.protobuf.Value``: None, bool, int, float, str, list or dict of the same."""


class Message(BaseModel):
    """A protobuf message in its JSON form: fields read under their camelCase or snake_case name, unknown ones refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, protected_namespaces=()
    )

    def to_json(self) -> dict[str, Json]:
        """The message as `kfp` writes it: camelCase keys, only the fields that were given."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
