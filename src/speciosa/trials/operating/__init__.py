"""Operating characteristics: many trials of one design, the truth they are held to, and the size that reaches a power.

`plan` is a trial as its replicates are run, `replicates` runs them, `looking` stops or changes them on the way, `truth` works out
the estimand, `sizing` searches the size; `responding` and `escalating` are for doses; `result`, `tables`, `told`, `warned` and
`saving` say and keep what was found.
"""
