"""Meta-analysis of one comparison: estimators, tests, moderators, influence and bias."""
