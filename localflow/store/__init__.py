"""Records of runs, tasks, attempts, artifacts and metrics, in SQLite or MySQL."""
