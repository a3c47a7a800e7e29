"""Textbook checks: expected ranges, numbers derived from several predictions, right or wrong."""
