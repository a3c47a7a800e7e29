"""What a trial file asks: population, arms, design, endpoint, estimand, drop-out, rescue, analysis, simulation.

`words` reads times, conditions and summaries; `layout` is the design, `schema` the whole file; `check_design`, `check_adaptive`,
`check_estimand` and `check` say what cannot be simulated; `read` names every fault with its line.
"""
