"""From the figures of trials to effect sizes on the scale of the analysis."""
