"""Networks whose trials differ in known ways: meta-regression, heterogeneity by group, islands joined by their baselines."""
