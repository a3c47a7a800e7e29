"""The mixed model for repeated measures: a formula, a covariance over visits, REML, degrees of freedom of its contrasts.

`formula` reads what is written and makes the design matrix, `records` the table; `layout` puts rows in order by subject and visit;
`likelihood` and `fitting` estimate; `contrasts` gives standard errors and degrees of freedom; `model` joins them.
"""
