"""Analyses of simulated trials, many trials at once, and the estimand that decides what of a trial they see."""
