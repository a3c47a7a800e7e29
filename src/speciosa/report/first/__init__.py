"""The first screen of a report: bottom line, one figure, and the summary of findings."""
