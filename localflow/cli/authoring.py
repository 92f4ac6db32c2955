"""Commands for who writes pipelines: compile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from localflow.cli.running import PipelineOption


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("compile")(compile_file)


def compile_file(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A Python file that defines a pipeline.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write; default: the terminal.")
    ] = None,
    pipeline: PipelineOption = None,
) -> None:
    """Compile a pipeline to Kubeflow's YAML (PipelineSpec IR v2)."""
    from localflow.client.source import load_pipeline
    from localflow.dsl.compiler import to_yaml
    from localflow.spec.validation import validate

    package = load_pipeline(file, name=pipeline)
    validate(package)
    text = to_yaml(package)
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    typer.echo(f"Compiled {package.spec.pipeline_info.name} to {output}", err=True)
