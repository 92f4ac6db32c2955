"""Executes a PipelineSpec: a pure core that decides, and a thin loop around it that acts and records."""
