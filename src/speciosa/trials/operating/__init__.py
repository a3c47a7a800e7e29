"""Operating characteristics: many trials of one design, the truth they are held to, and the size that reaches a power."""
