"""Sheets of substances: which rows of facts a model takes, as typed records."""
