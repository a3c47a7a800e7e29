"""What happens to people in a trial: measured, rescued, changed to other treatments, leaving, dying; many trials at once.

`rules` are the numbers, `streams` the chance, `entry` who is taken in, `courses` what they go through, `block` the conduct itself;
`calibration` finds who leaves, `pooling` solves the people with what titration meets.
"""
