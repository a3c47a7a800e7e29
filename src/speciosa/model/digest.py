"""What an expression is, as a hash: each distinct part is looked at once, however often it is used."""

import hashlib

import sympy


class Digest:
    """Hashes of expressions that share parts.

    Sums and products have one hash in any order of their terms, so that it does not depend on how SymPy sorts
    them. Printing (`sympy.srepr`) writes a part out wherever it is used, which takes seconds for a large model.

    Example:
        >>> x, y = sympy.symbols("x y", real=True)
        >>> digest = Digest()
        >>> digest(x + y) == digest(y + x), digest(x**y) == digest(y**x)
        (True, False)
    """

    def __init__(self) -> None:
        self._known: dict[sympy.Basic, str] = {}

    def __call__(self, expression: sympy.Basic) -> str:
        """The hash of an expression."""
        found = self._known.get(expression)
        if found is None:
            found = self._known[expression] = self._of(expression)
        return found

    def _of(self, expression: sympy.Basic) -> str:
        kind = type(expression).__name__
        if not expression.args:
            text = sympy.srepr(expression)
        else:
            parts = [self(part) for part in expression.args]
            if getattr(expression, "is_commutative", False) and kind in {"Add", "Mul"}:
                parts.sort()
            text = f"{kind}({','.join(parts)})"
        return hashlib.sha256(text.encode()).hexdigest()
