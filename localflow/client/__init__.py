"""The library's front door: start runs, wait for them, look at what they did."""

from localflow.client.client import Client
from localflow.client.run import ArtifactFile, Run, TaskResult

__all__ = ["ArtifactFile", "Client", "Run", "TaskResult"]
