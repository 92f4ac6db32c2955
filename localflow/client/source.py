"""Whatever a user calls a pipeline, as a package that can be run: a file, a function, a component, compiled IR."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from localflow.errors import CompileError, InvalidInputError, LocalflowError
from localflow.spec.load import PipelinePackage, load_file

_MODULE_NAME: Final = "localflow_pipeline_file"


def load_pipeline(pipeline: Any, *, name: str | None = None) -> PipelinePackage:
    """The pipeline that `pipeline` stands for.

    Args:
        pipeline: the path of a Python, YAML or JSON file; a pipeline or component of `localflow.dsl` or of `kfp.dsl`;
            or a `PipelinePackage`.
        name: which one, where a Python file defines several.

    Raises:
        InvalidInputError: there is no such file or pipeline, or it says something that it can't.
    """
    if isinstance(pipeline, PipelinePackage):
        return pipeline
    if isinstance(pipeline, str | Path):
        path = Path(pipeline)
        if path.suffix == ".py":
            return _from_python_file(path, name)
        if name is not None:
            raise InvalidInputError(f"--pipeline {name} chooses among the pipelines of a Python file", where=str(path))
        return load_file(path)
    return _compiled(pipeline, "<python>")


def _compiled(pipeline: Any, source: str) -> PipelinePackage:
    from localflow.dsl.compilation import compile_any

    compiled = compile_any(pipeline)
    return PipelinePackage(spec=compiled.spec, platform=compiled.platform, source=source)


def _from_python_file(path: Path, name: str | None) -> PipelinePackage:
    from localflow.dsl.discovery import choose_pipeline

    module = _import_file(path)
    return _compiled(choose_pipeline(module, name, str(path)), str(path))


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise InvalidInputError("there is no such file", where=str(path))
    specification = importlib.util.spec_from_file_location(_MODULE_NAME, path)
    if specification is None or specification.loader is None:
        raise InvalidInputError("it can't be imported as Python", where=str(path))
    module = importlib.util.module_from_spec(specification)
    sys.modules[_MODULE_NAME] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        specification.loader.exec_module(module)
    except LocalflowError:
        raise
    except ModuleNotFoundError as error:
        raise CompileError(
            f"it imports {error.name}, which isn't installed here",
            where=_place(error, path),
            hint=f"install {error.name} beside localflow, or import it inside the component that needs it",
        ) from None
    except SyntaxError as error:
        raise CompileError(f"not valid Python: {error.msg}", where=f"{path}:{error.lineno}") from None
    except Exception as error:
        raise CompileError(f"{type(error).__name__}: {error}", where=_place(error, path)) from error
    finally:
        sys.path.pop(0)
    return module


def _place(error: BaseException, path: Path) -> str:
    """The last line of the user's file that the error went through."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) in (path, path.resolve())
    ]
    return f"{path}:{lines[-1]}" if lines else str(path)
