"""Values with their slopes in time: what an output is and how fast it changes, in one pass over its formula."""

from collections.abc import Callable

from speciosa.engine.kernel.vector import Mask, Vec, fill


class Dual:
    """A value and its slope; a slope of None is 0 everywhere and costs nothing."""

    __slots__ = ("slope", "value")

    def __init__(self, value: Vec, slope: Vec | None = None) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: "Dual | float") -> "Dual":
        other = self._lift(other)
        if self.slope is None or other.slope is None:
            return Dual(self.value + other.value, self.slope or other.slope)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other: "Dual | float") -> "Dual":
        return self + (-self._lift(other))

    def __rsub__(self, other: float) -> "Dual":
        return (-self) + other

    def __neg__(self) -> "Dual":
        return Dual(-self.value, None if self.slope is None else -self.slope)

    def __mul__(self, other: "Dual | float") -> "Dual":
        other = self._lift(other)
        value = self.value * other.value
        one = None if self.slope is None else self.slope * other.value
        two = None if other.slope is None else self.value * other.slope
        return Dual(value, one + two if one is not None and two is not None else one or two)

    def __truediv__(self, other: "Dual | float") -> "Dual":
        other = self._lift(other)
        if other.slope is None:
            slope = None if self.slope is None else self.slope / other.value
            return Dual(self.value / other.value, slope)
        inverse = 1.0 / other.value
        value = self.value * inverse
        change = -(value * other.slope)
        return Dual(value, (change if self.slope is None else self.slope + change) * inverse)

    def __rtruediv__(self, other: float) -> "Dual":
        return self._lift(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    @property
    def plain(self) -> Vec:
        """The value without its slope."""
        return self.value

    def choose(self, mask: Mask, other: "Dual") -> "Dual":
        """This where `mask` is true, `other` elsewhere."""
        value = mask.choose(self.value, other.value)
        if self.slope is None and other.slope is None:
            return Dual(value)
        return Dual(value, mask.choose(self.slope or self._zero(), other.slope or self._zero()))

    def max(self, other: "Dual | float") -> "Dual":
        """The larger one."""
        lifted = self._lift(other)
        return lifted.choose(lifted.value > self.value, self)

    def min(self, other: "Dual | float") -> "Dual":
        """The smaller one."""
        lifted = self._lift(other)
        return lifted.choose(lifted.value < self.value, self)

    def abs(self) -> "Dual":
        """The absolute value."""
        return (-self).choose(self.value < 0.0, self)

    def sqrt(self) -> "Dual":
        """The square root."""
        root = self.value.sqrt()
        return self._chain(root, lambda: 0.5 / root)

    def exp(self) -> "Dual":
        """The exponential."""
        value = self.value.exp()
        return self._chain(value, lambda: value)

    def log(self) -> "Dual":
        """The natural logarithm."""
        return self._chain(self.value.log(), lambda: 1.0 / self.value)

    def tanh(self) -> "Dual":
        """The hyperbolic tangent."""
        value = self.value.tanh()
        return self._chain(value, lambda: 1.0 - value * value)

    def sin(self, quarter: int = 0) -> "Dual":
        """The sine of ``x + quarter * pi/2``."""
        return self._chain(self.value.sin(quarter), lambda: self.value.sin(quarter + 1))

    def power(self, exponent: "Dual") -> "Dual":
        """x^n for x at or above 0, as in `Vec.power`."""
        value = self.value.power(exponent.value)
        slope: Vec | None = None
        if self.slope is not None:
            slope = value * exponent.value * self.slope / self.value
        if exponent.slope is not None:
            part = value * self.value.log_positive() * exponent.slope
            slope = part if slope is None else slope + part
        return Dual(value, slope)

    def _chain(self, value: Vec, derivative: Callable[[], Vec]) -> "Dual":
        return Dual(value, None if self.slope is None else self.slope * derivative())

    def _lift(self, other: "Dual | float") -> "Dual":
        return other if isinstance(other, Dual) else Dual(fill(self.value.b, float(other)))

    def _zero(self) -> Vec:
        return fill(self.value.b, 0.0)
