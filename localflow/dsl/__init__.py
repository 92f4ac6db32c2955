"""Authoring pipelines in Python, with the names and signatures of ``kfp.dsl``."""
