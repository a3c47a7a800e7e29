"""The people of a trial: solved once an arm and draw, so that trials take their patients from a pool and solve nothing.

`pool` is what is kept of them, `worlds` the arms as they are solved, `reading` reads them, `titration` finds the doses of each,
`solve` solves them.
"""
