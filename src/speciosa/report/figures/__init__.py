"""The figures of a report, each one function that takes numbers and gives a chart."""
