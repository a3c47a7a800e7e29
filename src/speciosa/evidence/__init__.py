"""What trials say: effect sizes, pairwise and network meta-analysis, certainty, and the ledger of claims.

Depends on NumPy and SciPy and knows nothing of the simulation.
"""
