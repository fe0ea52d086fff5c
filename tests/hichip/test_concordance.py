"""Stratum-adjusted correlation: against its definition, and against HiCRep's own program."""

import numpy as np
import pytest

from deepexpr.cli import main
from deepexpr.files import read, read_table
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.concordance import (
    band_counts,
    replicate_quality,
    smooth_band,
    stratum_adjusted_correlation,
)
from deepexpr.hichip.sections import ConcordanceSection
from deepexpr.schemas import CONCORDANCE


def maps(bins=60, seed=1, noise=1.0):
    """Two symmetric count maps of one expectation that falls with distance."""
    rng = np.random.default_rng(seed)
    distance = np.abs(np.subtract.outer(np.arange(bins), np.arange(bins)))
    strength = rng.gamma(2, 0.5, bins)
    expected = 40 / (1 + distance) * np.outer(strength, strength)
    result = []
    for _ in range(2):
        own = np.triu(rng.poisson(expected * rng.gamma(1 / noise, noise, (bins, bins))))
        result.append(own + np.triu(own, 1).T)
    return result


def band(matrix, strata):
    n = len(matrix)
    rows = np.zeros((strata, n))
    for k in range(min(strata, n)):
        rows[k, : n - k] = np.diagonal(matrix, k)
    return rows


def literal_mean(matrix, half):
    n = len(matrix)
    result = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            part = matrix[max(0, i - half) : i + half + 1, max(0, j - half) : j + half + 1]
            result[i, j] = part.mean()
    return result


@pytest.mark.parametrize("half", [0, 1, 3])
@pytest.mark.parametrize("bins", [5, 40])
def test_the_band_is_smoothed_as_the_whole_map(half, bins):
    matrix, _ = maps(bins)
    kept = 12
    ours = smooth_band(band(matrix, min(kept + 2 * half, bins)), half)[:kept]
    wanted = band(literal_mean(matrix, half), kept)[: len(ours)]
    np.testing.assert_allclose(ours, wanted, atol=1e-9)


def literal_scc(one, other, strata):
    """Equations 3 and 9 of the paper: weights from the variances of ranks over n."""
    values, weights = [], []
    for k in range(strata):
        x, y = np.diagonal(one, k), np.diagonal(other, k)
        used = (x != 0) | (y != 0)
        x, y = x[used], y[used]
        if len(x) > 2 and x.std() and y.std():
            n = len(x)
            ranks = np.arange(1, n + 1) / n  # whatever the order, ties broken at random
            values.append(np.corrcoef(x, y)[0, 1])
            weights.append(n * np.sqrt(np.var(ranks, ddof=1) ** 2))
    return np.average(values, weights=weights)


def test_scc_is_the_papers_formula():
    one, other = (literal_mean(m, 2) for m in maps())
    ours = stratum_adjusted_correlation(band(one, 20), band(other, 20))
    assert ours == pytest.approx(literal_scc(one, other, 20), abs=1e-12)


#: (seed, noise, half width) -> SCC that the package hicrep 0.2.6 (Lin et al., Bioinformatics 2021)
#: gives for maps(100, seed, noise) in bins of 40 kb, up to 2 Mb. It leaves the main diagonal out
#: and smooths the upper triangle alone; HiCRep itself, as we do, smooths the whole map.
HICREP = {
    (1, 0.05, 0): 0.44282675, (1, 0.05, 2): 0.70313405, (1, 1.0, 5): 0.45268015,
    (2, 0.05, 0): 0.60524032, (2, 0.05, 5): 0.90786613, (2, 1.0, 2): 0.57024553,
}  # fmt: skip


@pytest.mark.parametrize(("seed", "noise", "half"), HICREP)
def test_scc_is_that_of_hicreps_own_package(seed, noise, half):
    bands = []
    for matrix in maps(100, seed, noise):
        upper = np.triu(matrix, 1) * (np.subtract.outer(range(100), range(100)) > -51)
        bands.append(band(literal_mean(upper, half), 51))
        bands[-1][0] = 0
    assert stratum_adjusted_correlation(*bands) == pytest.approx(
        HICREP[seed, noise, half], abs=1e-6
    )


def test_scc_of_a_map_with_itself_is_one_and_with_noise_near_nothing():
    one, _ = maps()
    rng = np.random.default_rng(3)
    other = np.triu(rng.poisson(40 / (1 + np.abs(np.subtract.outer(range(60), range(60))))))
    assert stratum_adjusted_correlation(band(one, 20), band(one, 20)) == pytest.approx(1)
    # Both fall with distance: a plain correlation is high, that within strata is not.
    assert np.corrcoef(one.ravel(), (other + np.triu(other, 1).T).ravel())[0, 1] > 0.3
    assert abs(stratum_adjusted_correlation(band(one, 20), band(other, 20))) < 0.15
    empty = np.zeros((20, 60))
    assert np.isnan(stratum_adjusted_correlation(empty, empty))


def test_pairs_are_binned_once_and_far_ones_left_out():
    genome = Chromosomes(("a", "b"), (10_500, 900))
    settings = ConcordanceSection(scc_resolution=1000, scc_smoothing=0, scc_distance=3000)
    positions = np.array(
        [[1, 1000], [1000, 1001], [9000, 4001], [10_500, 10_001], [1, 900], [5, 5]]
    )
    chromosome = np.array([[0, 0], [0, 0], [0, 0], [0, 0], [1, 1], [0, 1]])
    batch = PairBatch(chromosome, positions, np.zeros_like(positions))
    one, two = band_counts([batch, batch], genome, settings)
    assert one.shape == (4, 11)
    assert {tuple(i): v for i, v in zip(np.argwhere(one), one[one > 0], strict=True)} == {
        (0, 0): 2, (1, 0): 2, (0, 10): 2,
    }  # fmt: skip
    assert two.tolist() == [[2]]


HEADER = """## pairs format v1.0
#chromsize: chr1 4000000
#columns: readID chr1 pos1 chr2 pos2 strand1 strand2
"""


def write_pairs(path, matrix, size=40_000, header=HEADER):
    lines = []
    for i, j in np.argwhere(np.triu(matrix)):
        row = f".\tchr1\t{i * size + 7}\tchr1\t{j * size + 9}\t+\t-\n"
        lines += [row] * int(matrix[i, j])
    path.write_text(header + "".join(lines))


def test_the_verb_compares_replicates_and_judges_them(tmp_path):
    first, second = maps(100, 1, 0.05), maps(100, 2, 0.05)
    items = []
    for line, pair in (("K562", first), ("A", second)):
        for number, matrix in enumerate(pair):
            write_pairs(tmp_path / f"{line}{number}.pairs", matrix)
            items.append(f"{line}:{line}{number}:{tmp_path / f'{line}{number}.pairs'}")
    outputs = [f"--output={tmp_path / 'out'}", f"--qc={tmp_path / 'qc'}"]
    assert main(["concordance", "--pairs", *items, *outputs]) == 0
    table = read(CONCORDANCE, tmp_path / "out")
    assert len(table) == 6
    own = table[table["replicates"] == 1]
    assert own["cell_line1"].tolist() == ["K562", "A"]
    assert (own["scc"] > 0.6).all()
    assert table.loc[table["replicates"] == 0, "scc"].max() < own["scc"].min()
    one, other = (literal_mean(m, 5) for m in first)
    assert own["scc"].iloc[0] == pytest.approx(literal_scc(one, other, 51), abs=1e-6)
    quality = read_table(tmp_path / "qc").set_index(["sample", "metric"])
    assert set(quality["verdict"].dropna()) == {"good"}
    # Samples of two lines exchanged: the verdict says so.
    swapped = table.assign(scc=table["scc"].to_numpy()[::-1])
    swapped["scc"] = np.where(swapped["replicates"] == 1, 0.2, 0.9)
    told = replicate_quality(swapped)
    assert told.loc[told["metric"] == "scc_margin", "verdict"].tolist() == ["bad", "bad"]
    assert told["meaning"].str.contains("swapped").any()


def test_one_library_under_two_names_is_told(tmp_path, capsys):
    one, _ = maps(60)
    for name in "ab":
        write_pairs(tmp_path / name, one)
    items = [f"A:{name}:{tmp_path / name}" for name in "ab"]
    outputs = [f"--output={tmp_path / 'out'}", f"--qc={tmp_path / 'qc'}"]
    assert main(["concordance", "--pairs", *items, *outputs]) == 0
    assert "one library under two names" in capsys.readouterr().err
    quality = read_table(tmp_path / "qc").set_index("metric")
    assert quality.loc["replicate_scc", "verdict"] == "bad"
    assert "one library under two names" in quality.loc["replicate_scc", "meaning"]


def test_what_cannot_be_compared_is_refused(tmp_path):
    one, _ = maps(20)
    write_pairs(tmp_path / "a", one)
    write_pairs(tmp_path / "b", one, header=HEADER.replace("4000000", "5000000"))
    output = f"--output={tmp_path / 'out'}"
    assert main(["concordance", f"--pairs=A:a:{tmp_path / 'a'}", output]) == 1
    assert main(["concordance", f"--pairs=A:a:{tmp_path / 'a'}", f"--pairs=A:b:{tmp_path / 'b'}",
                 output]) == 1  # fmt: skip
    assert not (tmp_path / "out").exists()
