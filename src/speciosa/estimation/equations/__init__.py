"""Models written as equations: a program of jet arithmetic from each expression, and its differential equations solved in jets."""
