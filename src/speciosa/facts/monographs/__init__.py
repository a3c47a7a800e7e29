"""A page on a substance, product, claim or study, each number with its source."""
