"""Aggregate peak analysis: means of the map around loops, counted pixel by pixel."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.files import read_table, write_table
from deepexpr.hichip.aggregate import HALF, aggregate


def contacts_of(matrix, chromosome="chr1"):
    first, second = np.argwhere(np.triu(matrix, 1)).T
    table = {"chromosome1": chromosome, "start1": first * 5000, "end1": first * 5000 + 5000}
    table |= {"chromosome2": chromosome, "start2": second * 5000, "end2": second * 5000 + 5000}
    return pd.DataFrame(table).assign(count=matrix[first, second]), first, second


def library(seed=1, bins=120, loops=40):
    rng = np.random.default_rng(seed)
    matrix = rng.poisson(1, (bins, bins))
    places = rng.integers(HALF, bins - 3 * HALF - 5, loops)
    partners = np.minimum(places + 2 * HALF + rng.integers(1, 30, loops), bins - HALF - 1)
    matrix[places, partners] += 30
    contacts, first, second = contacts_of(matrix)
    loop = matrix[first, second] >= 30
    return matrix, contacts, loop, first, second


def test_the_map_is_the_mean_of_every_loops_surroundings():
    matrix, contacts, loop, first, second = library()
    other, _, _ = contacts_of(matrix.T, "chr2")
    both = pd.concat([contacts, other], ignore_index=True)
    found = aggregate(both, np.r_[loop, np.zeros(len(other), bool)], seed=1)
    upper = np.triu(matrix, 1)
    bins = second.max() + 1
    windows = [
        upper[i - HALF : i + HALF + 1, j - HALF : j + HALF + 1]
        for i, j in zip(first[loop], second[loop], strict=True)
        if j - i > 2 * HALF and i >= HALF and j + HALF < bins
    ]
    assert found.number == len(windows) > 10
    np.testing.assert_allclose(found.loops, np.mean(windows, axis=0))
    assert found.controls[HALF, HALF] < 5
    assert found.loops[HALF, HALF] > 30


def test_controls_are_pixels_of_the_same_distances():
    bins = 100
    distance = np.subtract.outer(np.arange(bins), np.arange(bins))
    matrix = np.abs(distance)  # the count tells the distance
    contacts, first, second = contacts_of(matrix)
    loop = (second - first == 40) & (first % 5 == 0)
    found = aggregate(contacts, loop, seed=3)
    np.testing.assert_allclose(found.controls, found.loops)
    assert found.controls[HALF, HALF] == 40


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.assign(start1=c["start1"] + 7), "peaks"),
        (lambda c: c.assign(start2=c["start1"] + 5000), "no loop is farther"),
        (lambda c: c.iloc[:0], "no loop is farther"),
        (lambda c: c.assign(chromosome2="chr9"), "no loop is farther"),
    ],
)
def test_what_has_no_map_says_why(change, reason):
    _, contacts, loop, _, _ = library()
    changed = change(contacts)
    found = aggregate(changed, loop[: len(changed)], seed=1)
    assert found.number == 0
    assert reason in found.reason


def test_the_figure_is_made_from_the_table_of_contacts(tmp_path):
    _, contacts, loop, _, _ = library()
    table = contacts.assign(
        name="c", score=1, strand1=".", strand2=".", confidence=0.5, depth1=1, depth2=1,
        distance=1, loop=loop.astype(int),
    )  # fmt: skip
    write_table(table, tmp_path / "some.tsv")
    write_table(table.assign(loop=0), tmp_path / "none.tsv")
    arguments = [f"--contacts=A={tmp_path / 'some.tsv'}", f"--contacts=B={tmp_path / 'none.tsv'}"]
    output = [f"--output={tmp_path / 't.tsv'}", f"--figure={tmp_path / 't.svg'}"]
    assert main(["table", "aggregate", *arguments, *output]) == 0
    values = read_table(tmp_path / "t.tsv")
    assert len(values[values["cell_line"] == "A"]) == 2 * (2 * HALF + 1) ** 2
    assert "No map: no loop is farther" in (tmp_path / "t.svg").read_text()
    number = values.loc[values["cell_line"] == "A", "loops"].iloc[0]
    assert set(values["called"]) == {loop.sum(), 0}
    assert f"mean of {number:,.0f} of {loop.sum():,} called" in (tmp_path / "t.svg").read_text()
