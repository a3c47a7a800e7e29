"""What is fitted is what is predicted: people, as many as a study had, about draws of what is uncertain."""

import numpy as np
import pytest

from speciosa.calibration.fit import fit
from speciosa.calibration.rows import corrections, gather
from speciosa.facts.products import known
from speciosa.validation.observed.reading import read_row

ALONE = "7.5 mg midazolam oral at 121 h"
WITH = {
    "ketoconazole": f"{ALONE}; 200 mg ketoconazole oral every 12 h x 11",
    "rifampicin": f"{ALONE}; 600 mg rifampicin oral every 24 h x 6",
}


@pytest.fixture(scope="module")
def data():
    rows = []
    for name, doses in WITH.items():
        cells = {"id": name, "study": name, "n": "12", "doses": doses, "versus": ALONE}
        cells |= {"analyte": "midazolam", "metric": "AUC0-inf_ratio", "value": "1", "unit": "1"}
        row, faults = read_row(cells, name, {"midazolam": "midazolam"}, known())
        assert row is not None, faults
        rows.append(row)
    return gather(rows)


def test_strong_interactions_are_nearer_to_one_in_people_than_in_the_typical_patient(data):
    free = {name: entry for row in data.rows for name, entry in data.free(row).items()}
    typical = {name: entry.in_model(0.0) for name, entry in free.items()}
    random = np.random.default_rng(1)
    drawn = {
        name: np.array([entry.in_model(z) for z in random.standard_normal(60)])
        for name, entry in free.items()
    }
    shift = dict(zip(WITH, corrections(data, data.rows, typical, drawn), strict=True))
    assert shift["ketoconazole"] < -0.03 and shift["rifampicin"] > 0.03


def test_draws_of_a_fit_are_around_its_mode_and_as_wide_as_its_covariance():
    slopes = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.3]])
    found = fit(lambda z: z @ slopes, np.array([0.4, -0.1, 0.2]), np.full(3, 0.5), 2)
    drawn = found.draws(4000)
    assert drawn.mean(axis=0) == pytest.approx(found.z, abs=1e-9)
    assert np.cov(drawn.T) == pytest.approx(found.covariance, rel=0.1, abs=0.02)
    assert found.draws(7).shape == (7, 2)
