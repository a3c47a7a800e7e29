"""The sections of a report, each one function that gives its words, tables and figures."""
