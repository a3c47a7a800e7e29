"""Models of these tests, as a user writes them."""

import sympy

import speciosa as sp


def decay():
    """Wang 2007: ten, decaying."""
    m = sp.Model("decay")
    m.output("y", 10 * sympy.exp(-m.parameter("K", 0.5, "1/h") * m.time), "1")
    return m


def toenail():
    """A logit that is linear in time, with another slope under treatment."""
    m = sp.Model("onycholysis")
    b0, b1, b2 = (m.parameter(n, 0, u) for n, u in (("b0", "1"), ("b1", "1/h"), ("b2", "1/h")))
    treatment = m.covariate("treatment", 0, "1")
    m.output("severe", b0 + b1 * m.time + b2 * m.time * treatment, "1")
    return m


def knee():
    """A logit that is linear in time, treatment and their product."""
    m = sp.Model("knee pain")
    b0, b1, b2, b3 = (
        m.parameter(n, 0, u) for n, u in (("b0", "1"), ("b1", "1/h"), ("b2", "1"), ("b3", "1/h"))
    )
    treatment = m.covariate("treatment", 0, "1")
    m.output("pain", b0 + b1 * m.time + b2 * treatment + b3 * m.time * treatment, "1")
    return m


def survival():
    """Weibull's hazard."""
    m = sp.Model("survival")
    scale, shape = m.parameter("scale", 400, "h"), m.parameter("shape", 1.3, "1")
    m.output("hazard", shape / scale * (m.time / scale) ** (shape - 1), "1/h")
    return m


def survival_by_sex_and_age():
    """Weibull's hazard, the logarithm of its scale linear in sex and age."""
    m = sp.Model("survival")
    b0, by_sex, by_age = (m.parameter(n, 0, "1") for n in ("b0", "by_sex", "by_age"))
    shape, hour = m.parameter("shape", 1.3, "1"), m.parameter("hour", 1, "h")
    sex, age = m.covariate("sex", 0, "1"), m.covariate("age", 60, "1")
    scale = hour * sympy.exp(b0 + by_sex * sex + by_age * age)
    m.output("hazard", shape / scale * (m.time / scale) ** (shape - 1), "1/h")
    return m


def oral():
    """One compartment with a depot, as differential equations."""
    m = sp.Model("oral")
    ka, cl, v = m.parameter("KA", 1, "1/h"), m.parameter("CL", 1, "L/h"), m.parameter("V", 1, "L")
    gut, central = m.state("gut", "mg"), m.state("central", "mg")
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - cl / v * central)
    m.output("plasma", central / v, "mg/L")
    m.dose_target("oral", gut)
    return m


def saturable():
    """Two compartments with a saturable elimination, lag, bioavailability, and an effect that it stimulates."""
    m = sp.Model("saturable")
    vmax, km = m.parameter("Vmax", 20, "mg/h"), m.parameter("Km", 3, "mg/L")
    v, q, v2 = m.parameter("V", 20, "L"), m.parameter("Q", 3, "L/h"), m.parameter("V2", 30, "L")
    ka, f, lag = (
        m.parameter("KA", 1, "1/h"),
        m.parameter("F", 0.6, "1"),
        m.parameter("LAG", 0.3, "h"),
    )
    kin, kout = m.parameter("kin", 2, "1/h"), m.parameter("kout", 0.2, "1/h")
    gamma = m.parameter("gamma", 1.4, "1")
    gut, central, deep = (m.state(n, "mg") for n in ("gut", "central", "deep"))
    response = m.state("response", "1", kin / kout)
    c = central / v
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - vmax * c / (km + c) - q * (c - deep / v2))
    m.rate(deep, q * (c - deep / v2))
    m.rate(response, kin * (1 + (c / km) ** gamma / (1 + (c / km) ** gamma)) - kout * response)
    m.output("plasma", c, "mg/L")
    m.output("response", response, "1")
    m.dose_target("oral", gut, bioavailability=f, lag=lag)
    return m
