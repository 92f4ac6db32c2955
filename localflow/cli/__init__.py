"""The command line: parse, call the client, render. Everything heavy is imported by the command that needs it."""

from localflow.cli.app import main

__all__ = ["main"]
