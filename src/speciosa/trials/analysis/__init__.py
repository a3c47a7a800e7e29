"""Analyses of simulated trials, many trials at once, and the estimand that decides what of a trial they see.

`data` is what an analysis sees; `means`, `mixed`, `imputation`, `events`, `counts` and `strategies` compare; `result` is what
each of them finds.
"""
