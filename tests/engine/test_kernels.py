"""The compiled code: its arithmetic, its vectors, its cache."""

import ctypes
import math
import multiprocessing
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy
from llvmlite import ir

import speciosa
from speciosa.engine import simulate
from speciosa.engine.codes import WIDTH
from speciosa.engine.compiler import cache, machine
from speciosa.engine.compiler.machine import Loaded, compile_object
from speciosa.engine.compiler.processor import processor
from speciosa.engine.kernel.compiled import compiled, kernel_assembly, kernel_key
from speciosa.engine.kernel.lower import Emitter
from speciosa.engine.kernel.plan import Plan
from speciosa.engine.kernel.vector import VECTOR, Vec
from speciosa.model import Model

x, n = sympy.symbols("x n", real=True)


def evaluate(expression, values, exponent=1.0):
    """An expression of x and n, compiled as kernels are."""
    module = ir.Module()
    pointer = VECTOR.as_pointer()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer] * 3), "f")
    b = ir.IRBuilder(function.append_basic_block())
    loaded = [Vec(b, b.load(argument, align=8)) for argument in function.args[:2]]
    emit = Emitter(b, lambda symbol: loaded[0] if symbol == x else loaded[1])
    b.store(emit(expression).v, function.args[2], align=8)
    b.ret_void()
    code = Loaded(compile_object(str(module)))
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(code.address("f"))
    values = np.asarray(values, dtype=float)
    out = np.empty_like(values)
    for start in range(0, len(values), WIDTH):
        part = np.resize(values[start : start + WIDTH], WIDTH).copy()
        powers, got = np.full(WIDTH, exponent), np.empty(WIDTH)
        call(part.ctypes.data, powers.ctypes.data, got.ctypes.data)
        out[start : start + WIDTH] = got[: len(values) - start]
    return out


RANGE = np.concatenate([np.linspace(-700, 700, 4001), np.linspace(-2, 2, 4001)])
POSITIVE = np.concatenate([np.geomspace(1e-290, 1e290, 4001), np.linspace(0.5, 2, 4001)])


@pytest.mark.parametrize(
    "expression, function, values, rtol",
    [
        (sympy.exp(x), np.exp, RANGE, 4e-16),
        (sympy.log(x), np.log, POSITIVE, 4e-16),
        (sympy.tanh(x), np.tanh, np.linspace(-30, 30, 4001), 2e-13),
        (sympy.sqrt(x), np.sqrt, POSITIVE, 3e-16),
        (sympy.Abs(x), np.abs, RANGE, 0),
        (x**3 / (1 + x**2), lambda v: v**3 / (1 + v**2), RANGE, 1e-15),
        (sympy.Max(x, 2, -x), lambda v: np.maximum(np.maximum(v, 2), -v), RANGE, 0),
        (sympy.Min(x, 0), lambda v: np.minimum(v, 0), RANGE, 0),
        (
            sympy.Piecewise((x, x < 0), (x**2, x <= 1), (5, True)),
            lambda v: np.where(v < 0, v, np.where(v <= 1, v**2, 5)),
            RANGE,
            1e-15,
        ),
        (
            sympy.Piecewise((1, sympy.And(x > -1, sympy.Not(x > 1))), (0, True)),
            lambda v: ((v > -1) & (v <= 1)) * 1.0,
            RANGE,
            0,
        ),
        (sympy.sign(x), np.sign, RANGE, 0),
        (sympy.sinh(x), np.sinh, np.linspace(0.5, 50, 400), 1e-14),
        (sympy.cosh(x), np.cosh, np.linspace(-50, 50, 400), 1e-14),
    ],
)
def test_functions(expression, function, values, rtol):
    np.testing.assert_allclose(evaluate(expression, values), function(values), rtol=rtol)


@pytest.mark.parametrize("function, numeric", [(sympy.sin, np.sin), (sympy.cos, np.cos)])
def test_circular_functions(function, numeric):
    values = np.linspace(-200, 200, 4001)
    np.testing.assert_allclose(evaluate(function(x), values), numeric(values), atol=3e-15)


@pytest.mark.parametrize("exponent", [0.3, 1.0, 1.7, -2.4])
def test_powers(exponent):
    values = np.geomspace(1e-30, 1e30, 801)
    np.testing.assert_allclose(evaluate(x**n, values, exponent), values**exponent, rtol=1e-13)
    fixed = evaluate(x ** sympy.Float(exponent), values)
    np.testing.assert_allclose(fixed, values**exponent, rtol=1e-13)


def test_edges():
    edge = [0.0, -1e-18]
    np.testing.assert_array_equal(evaluate(x**n, edge, 1.5), [0.0, 0.0])
    np.testing.assert_array_equal(evaluate(x**n, edge, -1.5), [np.inf, np.inf])
    np.testing.assert_array_equal(evaluate(x**n, edge, 0.0), [1.0, 1.0])
    np.testing.assert_array_equal(evaluate(sympy.log(x), [0.0]), [-np.inf])
    assert np.isnan(evaluate(sympy.log(x), [-1.0])).all()
    assert np.isnan(evaluate(sympy.Max(x, 0) + x, [np.nan])).all()
    assert math.isfinite(evaluate(sympy.exp(x), [1e6])[0])


def test_division_to_a_unit_in_the_last_place_and_at_its_edges():
    np.testing.assert_allclose(evaluate(1 / x, POSITIVE), 1 / POSITIVE, rtol=3e-16)
    np.testing.assert_allclose(evaluate(n / x, -POSITIVE, 3.0), -3 / POSITIVE, rtol=5e-16)
    edge = [0.0, np.inf, -np.inf, np.nan]
    np.testing.assert_array_equal(evaluate(1 / x, edge), [np.inf, 0.0, 0.0, np.nan])
    np.testing.assert_array_equal(evaluate(1 / (1 + 1 / x), [0.0, np.inf]), [0.0, 1.0])


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
@pytest.mark.parametrize("name, method", [("B", "tsit5"), ("S", "rodas5p")])
def test_step_is_vectorised(benchmark, name, method):
    text = kernel_assembly(benchmark(name).equations, method)
    body = text[text.index("\nstep:") :].split(".cfi_endproc")[0]
    wide = {8: "zmm", 4: "ymm", 2: "xmm"}[processor().width]
    arithmetic = r"v?(?:fn?m(?:add|sub)\d+|mul|add|sub|div)"
    assert len(re.findall(rf"{arithmetic}pd\s.*{wide}", body)) > 300
    assert not re.findall(rf"{arithmetic}sd\s", body)
    # exponentials and the like are written out; clearing and copying memory is LLVM's own choice
    called = {name.split("@")[0] for name in re.findall(r"\bcallq?\s+(\S+)", body)}
    assert called <= {"memset", "memcpy"}


def test_lengths_are_data(benchmark):
    from speciosa.engine.kernel.compiled import _loaded

    model = benchmark("B")
    simulate(model.equations, "190 umol oral", times=[1.0], method="tsit5")
    known = len(_loaded)
    simulate(model.equations, "190 umol oral every 2 h x 30; 5 umol oral over 1 h", times=np.arange(9.0), patients=3, method="tsit5")  # fmt: skip  # noqa: E501
    assert len(_loaded) == known


def test_key_depends_on_equations_only(benchmark):
    equations = benchmark("A").equations
    changed = Model("A")
    a = changed.state("a", "mg")
    changed.rate(a, -changed.parameter("k", 1, "1/h") * a)
    assert kernel_key(equations, (), "tsit5") != kernel_key(changed.build(), (), "tsit5")
    assert kernel_key(equations, (), "tsit5") != kernel_key(equations, (), "rodas4")

    def with_value(value):
        m = Model("any name")
        b = m.state("b", "mg")
        m.rate(b, -m.parameter("k", value, "1/h") * b)
        return m.build()

    assert kernel_key(with_value(1), (), "tsit5") == kernel_key(with_value(2), (), "tsit5")


def test_cache_keeps_and_rejects_damage(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECIOSA_CACHE", str(tmp_path))
    entry = cache.Entry(b"code", 5, {"y": 2})
    assert cache.read("k") is None
    cache.write("k", entry)
    assert cache.read("k") == entry
    (file,) = tmp_path.rglob("*.bin")
    file.write_bytes(file.read_bytes()[:-1])
    assert cache.read("k") is None


def test_a_directory_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SPECIOSA_CACHE", str(blocked))
    cache.write("k", cache.Entry(b"code", 5, {}))
    assert cache.read("k") is None


def _solve_in_new_process(directory, queue):
    os.environ["SPECIOSA_CACHE"] = directory
    m = Model("small")
    a = m.state("a", "mg", initial=1.0)
    m.rate(a, -m.parameter("k", 0.5, "1/h") * a)
    m.output("a", a, "mg")
    value = float(simulate(m, "none", times=[2.0], method="tsit5", rtol=1e-9)["a"][0, 0])
    queue.put((value, machine.modules_compiled))


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_processes_that_start_at_once_compile_a_model_once(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    workers = [
        spawn.Process(target=_solve_in_new_process, args=(str(tmp_path), queue)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    got, modules = zip(*(queue.get(timeout=600) for _ in workers), strict=True)
    for worker in workers:
        worker.join()
    np.testing.assert_allclose(got, np.exp(-1.0), rtol=1e-8)
    assert not list(tmp_path.rglob("*.part"))
    # the driver and the kernel, with what they need, each by one of the processes
    assert sum(modules) == len(list(tmp_path.rglob("*.bin")))


COUNTED = """
from speciosa.engine import simulate
from speciosa.engine.compiler import machine
from speciosa.model import Model
m = Model("small")
a = m.state("a", "mg", initial=1.0)
m.rate(a, -m.parameter("k", 0.5, "1/h") * a)
m.output("a", a, "mg")
for method in ("tsit5", "closed form"):
    simulate(m, "none", times=[2.0], method=method)
print(machine.modules_compiled)
"""


def _modules_compiled(source, kept):
    run = subprocess.run(
        [sys.executable, "-c", COUNTED],
        env={**os.environ, "PYTHONPATH": str(source), "SPECIOSA_CACHE": str(kept)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


def test_what_does_not_change_the_code_compiles_nothing(tmp_path):
    source, kept = tmp_path / "src", tmp_path / "kept"
    real = Path(speciosa.__file__).parent
    shutil.copytree(real, source / "speciosa", ignore=shutil.ignore_patterns("data", "*.pyc"))
    assert _modules_compiled(source, kept) > 0
    engine = source / "speciosa" / "engine"
    driver = engine / "stepper" / "driver.py"
    driver.write_text(driver.read_text().replace('"""', '"""Truly: ', 1) + "\n# the end\n")
    assert _modules_compiled(source, kept) == 0
    # code of the engine that comes out the same is not compiled again
    result = engine / "result.py"
    result.write_text(result.read_text() + "\n_NOTHING = 0\n")
    assert _modules_compiled(source, kept) == 0
    # a line that counts is: of the driver alone
    driver.write_text(driver.read_text().replace("_CHECK_EVERY = 1024", "_CHECK_EVERY = 2048"))
    assert _modules_compiled(source, kept) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no modes of files")
def test_a_cache_can_be_shared_with_whom_the_mask_allows(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECIOSA_CACHE", str(tmp_path))
    before = os.umask(0o022)
    try:
        cache.write("k", cache.Entry(b"code", 5, {}))
    finally:
        os.umask(before)
    (file,) = tmp_path.rglob("*.bin")
    assert file.stat().st_mode & 0o777 == 0o644


def test_compiled_model_is_kept_in_memory(benchmark):
    equations = benchmark("A").equations
    assert compiled(equations, (), "tsit5") is compiled(equations, (), "tsit5")


def test_only_denominators_that_may_be_zero_are_watched():
    m = Model("denominators")
    k, half = m.parameter("k", 1.0, "1/h"), m.parameter("half", 1.0, "1")
    a, b, c = (m.state(name, "1") for name in "abc")
    m.rate(a, -k * a / (half + a))
    m.rate(b, -k * b / (1 + sympy.Max(0, b) ** half))
    m.rate(c, -k * c / (1 + sympy.exp(-c)) + k / (1 + sympy.Min(0, c)))
    m.output("left", a, "1")
    watched = {str(pole) for pole in Plan(m.build()).poles.values}
    assert len(watched) == 2, watched
    assert any("a" in pole for pole in watched) and any("Smaller" in pole for pole in watched)
