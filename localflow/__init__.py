"""localflow runs Kubeflow pipelines in one Python process.

``from localflow import dsl`` writes pipelines, ``from localflow import Client`` runs them. Both are imported when they
are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localflow import dsl
    from localflow.client import Client

__version__ = "0.1.0"
__all__ = ["Client", "__version__", "dsl"]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "Client":
        return importlib.import_module("localflow.client").Client
    if name == "dsl":
        return importlib.import_module("localflow.dsl")
    raise AttributeError(f"module 'localflow' has no attribute {name!r}")
