"""Commands that carry runs out: run, resume, cancel."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from localflow.errors import InvalidInputError

if TYPE_CHECKING:
    from localflow.client import Client, Run

_INTERRUPTED = 130
_TERMINATED = 143

DbOption = Annotated[
    str | None,
    typer.Option("--db", envvar="LOCALFLOW_DB", metavar="URL", help="Database; SQLite in the data folder by default."),
]
PipelineOption = Annotated[
    str | None,
    typer.Option("--pipeline", "-p", metavar="NAME", help="Which pipeline, where a Python file defines several."),
]
RunArgument = Annotated[str, typer.Argument(metavar="[RUN]", help="Id (or its beginning) or name; default: the newest.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(run)
    app.command()(resume)
    app.command()(cancel)


def run(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A Python file, compiled YAML or JSON, or a component.")],
    arg: Annotated[
        list[str] | None, typer.Option("--arg", "-a", metavar="NAME=VALUE", help="An argument; may be repeated.")
    ] = None,
    args_file: Annotated[
        Path | None, typer.Option("--args-file", "-f", metavar="FILE", help="Arguments from a YAML or JSON file.")
    ] = None,
    pipeline: PipelineOption = None,
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the run; default: the pipeline's.")] = "",
    experiment: Annotated[str, typer.Option("--experiment", "-e", help="Experiment that the run is in.")] = "Default",
    backend: Annotated[str, typer.Option("--backend", "-b", help="Where tasks are executed.")] = "process",
    parallelism: Annotated[
        int | None, typer.Option("--parallelism", "-j", min=1, help="Tasks at once; default: the number of cores.")
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", "-k", help="After a failure, finish what doesn't depend on it.")
    ] = False,
    pipeline_root: Annotated[
        str, typer.Option("--pipeline-root", metavar="FOLDER", help="Where artifacts go; default: the data folder.")
    ] = "",
    db: DbOption = None,
) -> None:
    """Run a pipeline and show its graph while it goes."""
    from localflow.cli.arguments import read_arguments
    from localflow.client import Client

    arguments = read_arguments(arg or [], args_file)
    client = Client(db)
    started = client.run(
        file,
        arguments,
        wait=False,
        pipeline_name=pipeline,
        name=name,
        experiment=experiment,
        backend=backend,
        parallelism=parallelism,
        fail_fast=not keep_going,
        pipeline_root=pipeline_root,
    )
    _follow(client, started)


def resume(reference: RunArgument = "latest", db: DbOption = None) -> None:
    """Take up a run whose engine is gone: what has ended is kept, what still runs is taken up where it is."""
    from localflow.client import Client

    client = Client(db)
    taken = client.resume(reference, wait=False)
    if taken.is_carried_out_here:
        _follow(client, taken)
    else:
        typer.echo(f"Run {taken.id} has ended: {taken.state}. See: localflow show {taken.id}")


def cancel(reference: RunArgument = "latest", db: DbOption = None) -> None:
    """End a run: running tasks get their grace, exit handlers run."""
    from localflow.client import Client

    client = Client(db)
    target = client.get_run(reference)
    if target.state.is_final:
        raise InvalidInputError(f"run {target.id} has already ended: {target.state}")
    target.cancel()
    if client.is_carried_out(target.id):
        typer.echo(f"Asked the engine of run {target.id} to cancel it.")
        return
    typer.echo(f"No engine carries run {target.id} on; taking it up to cancel it.")
    _follow(client, client.resume(target.id, wait=False))


def _follow(client: Client, started: Run) -> None:
    """Show the run until it has ended, and leave with the exit code that says how."""
    from localflow.spec.states import RunState
    from localflow.terminal.follow import follow

    with _interrupts(started):
        follow(lambda: client.view(started.id), started.ended_within)
    started.wait()
    state = started.state
    if state is RunState.SUCCEEDED:
        return
    if state is RunState.CANCELLED:
        raise typer.Exit(_INTERRUPTED)
    raise typer.Exit(1)


@contextmanager
def _interrupts(started: Run) -> Iterator[None]:
    """The first Ctrl-C cancels the run, the second leaves it; so does SIGTERM, for the run can be taken up again."""
    presses = 0

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            started.cancel()
        else:
            _leave(started, _INTERRUPTED)

    def terminated(_number: int, _frame: FrameType | None) -> None:
        _leave(started, _TERMINATED)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(started: Run, code: int) -> None:
    started.abandon()
    raise _Left(started.id, code)


class _Left(SystemExit):
    """Leaves at once; says how to go on after the live view has let go of the screen."""

    def __init__(self, run_id: str, code: int) -> None:
        super().__init__(code)
        sys.stderr.write(f"\nLeft run {run_id}; its tasks go on. Take it up with: localflow resume {run_id}\n")
