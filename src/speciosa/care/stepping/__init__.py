"""The loop over people, compiled, and its deterministic companion."""
