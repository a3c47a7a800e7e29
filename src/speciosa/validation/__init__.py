"""Predicted against observed: observations files, the statistics they report, and how well those were predicted."""
