"""An interruption ends a simulation soon, whatever it is doing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# each of these would take many minutes
WORK = {
    "a large population": """
m, doses = saturable(1.0), "100 mg iv every 2 h x 500"
more = dict(patients=1_000_000, times=[1000.0], method="tsit5", trajectories=False)
more["endpoints"] = [Endpoint("amount", "peak")]
""",
    "a population in closed form": """
m, doses = linear(), "100 mg iv every 2 h x 500"
more = dict(patients=2_000_000, until=1000, trajectories=False)
more["endpoints"] = [Endpoint("amount", "peak"), Endpoint("amount", "time above", threshold=20.0)]
""",
    "one patient of a stiff model": """
m, doses = saturable(1e9), "100 mg iv every 2 h x 500"
more = dict(times=[1000.0], method="tsit5", most_steps=10**15)
""",
    "trying out a solver": """
m, doses = saturable(1e9), "100 mg iv every 2 h x 500"
more = dict(times=[1000.0], method="tsit5", max_step=1e-9, most_steps=10**15)
""",
}
CODE = """
import signal, sys
from speciosa.engine import Endpoint, simulate
from speciosa.model import Model
def linear():
    m = Model("linear")
    x = m.state("x", "mg")
    m.rate(x, -m.parameter("k", 0.1, "1/h", between_patient_sd=0.3) * x)
    m.output("amount", x, "mg")
    m.dose_target("iv", x)
    return m
def saturable(fast):
    m = Model("saturable")
    x, y = m.state("x", "mg"), m.state("y", "mg")
    m.rate(x, -m.parameter("v", 9.0, "mg/h", between_patient_sd=0.3) * x / (m.parameter("h", 9, "mg") + x))
    m.rate(y, m.parameter("f", fast, "1/h") * (x - y))
    m.output("amount", x, "mg")
    m.dose_target("iv", x)
    return m
{work}
small = dict(more, patients=2) if "patients" in more else dict(more, times=[1.0])
small.pop("max_step", None)
small["most_steps"] = 1000
simulate(m, "none", **small)
print("begun", flush=True)
try:
    simulate(m, doses, **more)
except KeyboardInterrupt:
    sys.exit(17)
sys.exit(3)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals between processes")
@pytest.mark.parametrize("name", WORK)
def test_an_interruption_ends_it(name):
    code = CODE.replace("{work}", WORK[name])
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
        env=dict(os.environ),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    finally:
        process.kill()
        _, errors = process.communicate()
    assert process.returncode == 17, errors
