"""What happens in a trial: who is taken in, what is measured at each visit, who needs rescue, who stops and why.

`streams` gives each place of each trial its random numbers, `rules` says what holds, `block` runs many trials at once.
"""
