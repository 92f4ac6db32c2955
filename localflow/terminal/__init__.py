"""Rich renderables of what is recorded: graph, tables, charts, live view."""
