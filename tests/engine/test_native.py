"""Compiled functions do what they do uncompiled."""

import math
import threading
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.engine.compiler.built_in import bits, from_bits, fused, vector_range
from speciosa.engine.compiler.native import native

FACTOR = 3


class Pair(NamedTuple):
    x: Any
    k: Any


def twice(x, i):
    return x[i] * 2


def both(value):
    return value, value + 0.5


def test_loops_branches_views_and_named_tuples():
    for flag in (True, False):
        for count in (0, 2, 6):
            compiled = Pair(np.arange(12.0).reshape(2, 6), np.array([4, -7]))
            plain = Pair(compiled.x.copy(), compiled.k.copy())
            assert native(walk)(compiled, count, flag) == walk(plain, count, flag)
            assert (compiled.x == plain.x).all() and (compiled.k == plain.k).all()


def walk(pair, count, flag):
    total, left = 0, 10
    row = pair.x[1]
    for i in range(count):
        if i == 3 and pair.x[0, i] > 0.0:
            continue
        total += twice(pair.x[0], i)
        row[i] = total if flag else -1.0
        while left > 5:
            left -= 2
            if left == 7 or not flag:
                break
    first, second = both(total)
    pair.k[0], pair.k[1] = pair.k[1], pair.k[0]
    if count > 100:
        return 5
    for k in (1, FACTOR):
        pair.x[0, 0] += k
    pair.x[0, 1] = second
    view = row[2:4]
    return total + left // 3 + first + view.shape[0] + len(view)


def whole_numbers(a, b, out):
    out[0] = a + b
    out[1] = a * b
    out[2] = a - b
    out[3] = a // b
    out[4] = a % b
    out[5] = a & b
    out[6] = a | b
    out[7] = a ^ b
    out[8] = a << 3
    out[9] = a >> 2
    out[10] = -a
    out[11] = ~a
    out[12] = abs(a)
    out[13] = max(a, b, 3)
    out[14] = min(a, b)
    out[15] = a**3
    out[16] = 1 if a < b <= 50 else 0
    out[16] += bool(a) + bool(b > a)
    out[17] = 1 if a == b or a != 2 and not a > b else 0


@settings(max_examples=60, deadline=None)
@given(a=st.integers(-1000, 1000), b=st.integers(-50, 50).filter(bool))
def test_whole_numbers_are_pythons(a, b):
    compiled, plain = np.zeros(18, dtype=np.int64), np.zeros(18, dtype=np.int64)
    WHOLE(a, b, compiled)
    whole_numbers(a, b, plain)
    assert compiled.tolist() == plain.tolist()


WHOLE = native(whole_numbers)


def floats(a, b, out):
    out[0] = a + b
    out[1] = a - b
    out[2] = a / b
    out[3] = max(a, b)
    out[4] = min(a, b)
    out[5] = abs(a)
    out[6] = np.floor(a)
    out[7] = np.ceil(a)
    out[8] = math.sqrt(abs(b))
    out[9] = int(a)
    out[10] = -a
    out[11] = a**2
    out[12] = from_bits(bits(a))
    out[13] = fused(2.0, 3.0, b)
    out[14] = 1.0 if a != a else 0.0
    out[15] = 1.0 if math.isfinite(a) else 0.0
    out[16] = float(3) + (a if a > b else 1)


FLOATS = native(floats)


@settings(max_examples=60, deadline=None)
@given(a=st.floats(-1e6, 1e6), b=st.floats(-1e6, 1e6).filter(lambda b: abs(b) > 1e-3))
def test_floats_are_pythons(a, b):
    compiled, plain = np.zeros(17), np.zeros(17)
    FLOATS(a, b, compiled)
    floats(a, b, plain)
    # a power is a product here and the library's pow there
    assert compiled.tolist() == pytest.approx(plain.tolist(), rel=3e-16, abs=0)


def test_what_is_not_a_number_stays_so():
    out = np.zeros(17)
    FLOATS(math.nan, 1.0, out[:])
    assert out[14] == 1 and out[15] == 0 and math.isnan(out[0])


def small_types(a, b, c, out):
    for i in range(3):
        out[i] = a[i] + b[i] + (1 if c[i] else 0)
        a[i] = i - 2
        c[i] = i > 0


def test_narrow_integers_and_truth_values():
    arrays = [np.array([1, -2, 3], dtype=t) for t in (np.int8, np.int32)]
    truth, out = np.array([True, False, True]), np.zeros(3)
    native(small_types)(*arrays, truth, out)
    assert out.tolist() == [3, -4, 7]
    assert arrays[0].tolist() == [-2, -1, 0] and truth.tolist() == [False, True, True]


def scaled(count, x, y):
    for k in vector_range(count):
        y[k] += 2.0 * x[k]


def test_vector_loops_do_all_elements():
    for count in (0, 1, 7, 64, 101):
        x, y = np.arange(101.0), np.ones(101)
        native(scaled)(count, x, y)
        assert (y[:count] == 1 + 2 * x[:count]).all() and (y[count:] == 1).all()


def makes_a_list(x):
    values = [x]
    return values


def calls_numpy(x):
    return np.sum(x)


def changes_kind(x):
    y = 1
    y = x
    return y


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (makes_a_list, "makes_a_list, line 2"),
        (calls_numpy, "cannot be called from compiled code: np.sum(x)"),
        (changes_kind, "y is given values of different kinds"),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_its_place(function, message):
    with pytest.raises(TypeError) as error:
        native(function)(np.zeros(3))
    assert message.replace("line 2", "line") in str(error.value)


@pytest.mark.parametrize("argument", [np.zeros((4, 4))[:, ::2], np.zeros(3, dtype=np.float32), "x"])
def test_arguments_that_have_no_compiled_form_are_refused(argument):
    with pytest.raises(TypeError, match="Expected"):
        native(twice)(argument, 0)


def test_a_second_process_reads_what_the_first_wrote(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECIOSA_CACHE", str(tmp_path))
    assert native(twice)(np.array([1.0, 2.0]), 1) == 4.0
    (kept,) = tmp_path.rglob("*.bin")
    written = kept.stat().st_mtime_ns
    assert native(twice)(np.array([1.0, 2.0]), 1) == 4.0
    assert kept.stat().st_mtime_ns == written
    kept.write_bytes(kept.read_bytes()[:100])
    assert native(twice)(np.array([1.0, 2.0]), 1) == 4.0


def test_two_threads_at_once_compile_once_and_agree():
    function, results = native(twice), []
    threads = [
        threading.Thread(target=lambda: results.append(function(np.array([3.0]), 0)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [6.0] * 4
