"""Models of systems biology (SBML): read into a `Model`, simulated as their settings ask, and written."""
