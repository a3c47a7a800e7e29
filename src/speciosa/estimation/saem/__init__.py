"""Stochastic approximation of the EM algorithm (SAEM): random effects drawn by Markov chains, estimates from their statistics.

Sources: Kuhn and Lavielle 2005, doi:10.1016/j.csda.2004.07.002; occasions: Panhard and Samson 2009,
doi:10.1093/biostatistics/kxn020.
"""
