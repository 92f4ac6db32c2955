"""Commands that read what is recorded: list, show, logs, graph."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from localflow.cli.running import DbOption, PipelineOption, RunArgument
from localflow.errors import InvalidInputError

OutputOption = Annotated[
    str | None, typer.Option("--output", "-o", metavar="json|yaml", help="Print data instead of a picture.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("list")(list_runs)
    app.command()(show)
    app.command()(logs)
    app.command()(graph)


def list_runs(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 20,
    experiment: Annotated[str | None, typer.Option("--experiment", "-e", help="Only runs of this experiment.")] = None,
    output: OutputOption = None,
    db: DbOption = None,
) -> None:
    """List runs, newest first."""
    raise NotImplementedError


def show(reference: RunArgument = "latest", output: OutputOption = None, db: DbOption = None) -> None:
    """Show a run: what failed and why, its graph, inputs, outputs, metrics and charts."""
    raise NotImplementedError


def logs(
    reference: RunArgument = "latest",
    task: Annotated[str | None, typer.Argument(metavar="[TASK]", help="A task; default: all of them.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run has ended.")] = False,
    db: DbOption = None,
) -> None:
    """Print what tasks have printed."""
    raise NotImplementedError


def graph(
    target: Annotated[str, typer.Argument(metavar="FILE|RUN", help="A pipeline's file, or a run.")],
    pipeline: PipelineOption = None,
    output: OutputOption = None,
    db: DbOption = None,
) -> None:
    """Draw the graph of a pipeline or a run; nothing is executed."""
    raise NotImplementedError
