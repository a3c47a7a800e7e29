"""Commands for trials: their design by formula, and the analysis of repeated measurements."""
