"""Recognises a compiled lightweight Python component, so that it can run without installing `kfp`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PythonComponent:
    """A Python function with the source that defines it."""

    source: str
    """The module's text: the function, its imports, additional functions."""
    function: str
    """The function to call."""
    packages: tuple[str, ...] = ()
    """Requirements to install, `kfp` itself left out."""
    index_urls: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
