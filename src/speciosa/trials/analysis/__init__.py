"""Analyses of simulated trials, many trials at once, and the estimand that decides what of a trial they see.

`data` is what an analysis sees; `means`, `mixed`, `imputation` and `events` compare; `result` is what each of them finds.
"""
