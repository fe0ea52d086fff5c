"""Differential loops: the test against DESeq2's Python program, the genes beside, and refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, nbinom

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read, read_table, write_table
from deepexpr.hichip.differential import add_expression
from deepexpr.hichip.negative_binomial import compare_groups, size_factors
from deepexpr.schemas import DIFFERENTIAL

GROUPS = np.array([False, False, True, True])


def counts(rows=300, seed=1):
    rng = np.random.default_rng(seed)
    mean = rng.gamma(2, 15, rows)
    change = np.where(rng.random(rows) < 0.2, rng.normal(0, 1.5, rows), 0)
    dispersion = 0.05 + 1 / mean
    factors = np.array([1, 1.4, 0.7, 1.1])
    mu = mean[:, None] * factors * 2.0 ** np.outer(change, GROUPS)
    return rng.negative_binomial(
        1 / dispersion[:, None], 1 / (1 + dispersion[:, None] * mu)
    ), change


#: Row -> dispersion, log2 change and its error, of pydeseq2 0.5 on counts() without Cook's
#: replacement.
DESEQ2 = {
    0: (0.15548, -0.357866, 0.624585),
    2: (0.103186, 0.898816, 0.50005),
    3: (0.191615, -0.892127, 0.728936),
    7: (0.200098, -0.388943, 0.751354),
    20: (0.238282, -0.82287, 0.797052),
    50: (0.095898, -0.240703, 0.487738),
    100: (0.110113, 0.478803, 0.530966),
    150: (0.231237, -0.0279941, 0.78955),
    200: (0.187215, -1.31176, 0.71691),
    299: (0.142776, 0.551636, 0.601098),
}


def test_dispersions_and_changes_are_deseq2s():
    table, _ = counts()
    np.testing.assert_allclose(
        size_factors(table), [0.98677707, 1.40784102, 0.66136895, 1.17131921], rtol=1e-7
    )
    result = compare_groups(table, GROUPS)
    for row, (dispersion, change, error) in DESEQ2.items():
        assert result.dispersion[row] == pytest.approx(dispersion, rel=1e-3)
        assert result.log2_change[row] == pytest.approx(change, abs=1e-3)
        assert result.error[row] == pytest.approx(error, rel=1e-3)


def test_p_is_that_of_the_likelihood_ratio():
    table, _ = counts(40)
    table[0] = [30, 25, 0, 0]
    result = compare_groups(table, GROUPS)
    factors = size_factors(table)

    def best(row, group):
        size = 1 / result.dispersion[row]
        mu = lambda log_mean: np.exp(log_mean) * factors[group]  # noqa: E731
        loss = lambda x: -nbinom.logpmf(table[row, group], size, size / (size + mu(x))).sum()  # noqa: E731
        return -minimize_scalar(loss, bounds=(-25, 12), method="bounded").fun

    for row in (0, 3, 8, 21):
        ratio = best(row, GROUPS) + best(row, ~GROUPS) - best(row, GROUPS | ~GROUPS)
        assert result.p[row] == pytest.approx(chi2.sf(2 * ratio, 1), rel=1e-3)
    assert result.p[0] < 1e-4


def test_without_a_difference_p_values_are_no_smaller_than_chance_makes_them():
    rng = np.random.default_rng(4)
    mean = rng.gamma(3, 10, 2000)[:, None]
    result = compare_groups(rng.negative_binomial(5, 5 / (5 + mean), (2000, 6)), np.arange(6) > 2)
    assert 0.03 < (result.p < 0.05).mean() < 0.08
    assert (result.p < 0.001).mean() < 0.004


def test_without_replicates_nothing_is_compared():
    table, _ = counts(20)
    with pytest.raises(InputError, match="without replicates"):
        compare_groups(table[:, :3], GROUPS[:3])


def test_rows_without_counts_are_not_tested():
    table, _ = counts(20)
    table[3] = 0
    result = compare_groups(table, GROUPS)
    assert np.isnan(result.p[3])
    assert np.isfinite(np.delete(result.p, 3)).all()
    with pytest.raises(InputError, match="no count"):
        compare_groups(table * (np.arange(4) != 1), GROUPS)


def test_genes_are_those_whose_promoter_an_anchor_overlaps():
    genes = pd.DataFrame(
        {"gene": ["left", "edge", "beyond", "right", "other", "silent"],
         "chromosome": ["1", "1", "1", "1", "2", "1"],
         "tss": [12_000, 17_499, 17_500, 92_000, 12_000, 12_000]}
    )  # fmt: skip
    loops = pd.DataFrame(
        [["1", 10_000, 15_000, "1", 90_000, 95_000], ["1", 40_000, 45_000, "2", 50_000, 55_000]],
        columns=list(DIFFERENTIAL[:6]),
    ).assign(mean=1.0, log2_change=0.0, error=1.0, p_value=1.0, q_value=1.0)
    change = pd.Series({"left": 1.0, "edge": 2.0, "beyond": 50.0, "right": 6.0, "other": 9.0})
    table = add_expression(loops, genes, change)
    assert table["genes"].tolist()[0] == "edge,left,right"
    assert table["expression_change"][0] == pytest.approx(3)
    assert table["genes"].isna().tolist() == [False, True]


def written(tmp_path, replicates=2):
    """Contacts of two cell lines; every fifth loop is ten times as strong in the second."""
    rng = np.random.default_rng(7)
    start = np.arange(120) * 10_000
    anchors = pd.DataFrame(
        {"chromosome1": "chr1", "start1": start, "end1": start + 5000,
         "chromosome2": "chr1", "start2": start + 50_000, "end2": start + 55_000}
    )  # fmt: skip
    items = []
    for line in ("A", "B"):
        for number in range(replicates):
            mean = 8 * np.where((line == "B") & (np.arange(120) % 5 == 0), 10, 1)
            own = anchors.assign(count=rng.poisson(mean))
            path = tmp_path / f"{line}{number}.tsv"
            write_table(own[own["count"] > 0], path)
            items.append(f"{line}:{line}{number}:{path}")
    write_table(anchors.iloc[:100], tmp_path / "A.bedpe")
    write_table(anchors.iloc[50:], tmp_path / "B.bedpe")
    return [f"A={tmp_path / 'A.bedpe'}", f"B={tmp_path / 'B.bedpe'}"], items


def test_the_verb_finds_the_loops_that_differ_and_the_figure_shows_them(tmp_path):
    loops, contacts = written(tmp_path)
    output = tmp_path / "out.tsv"
    arguments = ["--loops", *loops, "--contacts", *contacts, f"--output={output}"]
    assert main(["differential", *arguments]) == 0
    table = read(DIFFERENTIAL, output)
    assert len(table) == 120  # the union
    differs = table["q_value"] < 0.1
    planted = table["start1"] // 10_000 % 5 == 0
    assert differs[planted].all()
    assert differs[~planted].mean() < 0.1
    assert (table.loc[planted, "log2_change"] > 2).all()
    figure = tmp_path / "figure.svg"
    made = [f"--differential=B over A={output}", f"--output={tmp_path / 't'}", f"--figure={figure}"]
    assert main(["table", "differential", *made]) == 0
    more = (differs & (table["log2_change"] > 0)).sum()
    for words in (f"{differs.sum()} with q", f"of these {more} have more PETs",
                  "No loop is at a gene", f"0 of {differs.sum()} with q"):  # fmt: skip
        assert words in figure.read_text()
    assert len(read_table(tmp_path / "t")) == 120


@pytest.mark.parametrize("case", ["no loops", "an empty sample"])
def test_nothing_to_test_is_a_valid_table(tmp_path, case, capsys):
    loops, contacts = written(tmp_path)
    empty = read_table(tmp_path / "A0.tsv").iloc[:0]
    if case == "no loops":
        for line in "AB":
            write_table(empty, tmp_path / f"{line}.bedpe")
    else:
        write_table(empty, tmp_path / "A0.tsv")
    output = tmp_path / "out.tsv"
    arguments = ["--loops", *loops, "--contacts", *contacts, f"--output={output}"]
    assert main(["differential", *arguments]) == 0
    assert "nothing is tested" in capsys.readouterr().err
    assert read(DIFFERENTIAL, output)["p_value"].isna().all()
    figure = [f"--differential=x={output}", f"--output={tmp_path / 't'}"]
    assert main(["table", "differential", *figure, f"--figure={tmp_path / 'f.svg'}"]) == 0


def test_the_verb_refuses_single_samples(tmp_path):
    loops, contacts = written(tmp_path, replicates=1)
    output = tmp_path / "out.tsv"
    arguments = ["--loops", *loops, "--contacts", *contacts, f"--output={output}"]
    assert main(["differential", *arguments]) == 1
    assert not output.exists()
    alone = ["--loops", loops[0], "--contacts", contacts[0], f"--output={output}"]
    assert main(["differential", *alone]) == 2
