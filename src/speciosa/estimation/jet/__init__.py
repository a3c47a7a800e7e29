"""Numbers that carry their derivatives: truncated Taylor polynomials of several variables, exact to rounding."""
