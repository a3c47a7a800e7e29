"""Observed statistics of trials and cohorts beside what is predicted."""
