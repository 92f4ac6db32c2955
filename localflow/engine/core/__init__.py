"""The pure core: ``step(event)`` decides what a run does next; no I/O, no clock, no threads."""
