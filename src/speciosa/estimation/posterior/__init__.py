"""Bayesian fits: the posterior of estimates and random effects together, sampled by the no-U-turn sampler."""
