"""The question: what a study file says, read with all its faults, mended and checked against what the library knows."""
