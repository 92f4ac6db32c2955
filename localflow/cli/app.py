"""The typer application, and how it ends: exit codes and errors without tracebacks."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from localflow import __version__
from localflow.cli import authoring, reading, running
from localflow.errors import LocalflowError

app = typer.Typer(
    name="localflow",
    help="Run Kubeflow pipelines in one Python process: no cluster, no services.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
running.register(app)
reading.register(app)
authoring.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"localflow {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Run Kubeflow pipelines in one Python process: no cluster, no services."""


def main() -> None:
    """Run the command line; errors that a user can mend are printed without a traceback."""
    try:
        app()
    except LocalflowError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone, as `localflow list | head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def print_error(error: LocalflowError) -> None:
    """Say what happened, where, and what to do next."""
    from rich.console import Console
    from rich.text import Text

    from localflow.terminal.text import printable

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    line = Text.assemble(("error: ", "bold red"), printable(f"{error.where}: " if error.where else ""))
    line.append(printable(error.message))
    console.print(line)
    if error.hint:
        console.print(Text.assemble(("hint: ", "bold cyan"), printable(error.hint)))
