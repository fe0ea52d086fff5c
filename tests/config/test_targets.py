"""The column target of the unit sheet: what it may hold, and how samples are pooled by it."""

import pandas as pd
import pytest

from deepexpr.checks.comparisons import comparison_problems
from deepexpr.config.entries import FILE_COLUMNS, sample_pools
from deepexpr.config.sheets import sheet_problems
from deepexpr.config.unit_rules import unit_problems
from deepexpr.run.targets import Run


def sheets(targets, lines=None, column="loops"):
    """Samples h0, h1 ... with these targets, of line K each (or `lines`), and RNA of K and L."""
    names = [f"h{i}" for i in range(len(targets))]
    rows = [(name, line, "hichip", "toy") for name, line in
            zip(names, lines or ["K"] * len(names), strict=True)]  # fmt: skip
    rows += [(f"r{line}", line, "rna", "toy") for line in ("K", "L")]
    samples = pd.DataFrame(rows, columns=["sample", "cell_line", "assay", "assembly"])
    units = pd.DataFrame({"sample": samples["sample"], "unit": "1"})
    units = units.reindex(columns=[*units, *FILE_COLUMNS, "target", "value_column", "accession",
                                   "fragment_length", "fragment_sd"], fill_value="")  # fmt: skip
    units["target"] = [*targets, "", ""]
    units.loc[: len(names) - 1, column] = names
    units.loc[len(names) :, "expression"] = ["k.tsv", "l.tsv"]
    return samples.assign(enzyme="", strandedness="", description=""), units


def test_one_target_or_none_is_pooled_under_the_line():
    for targets in (["", ""], ["YY1", "YY1"]):
        samples, units = sheets(targets)
        assert sample_pools(samples, units) == {"h0": "K", "h1": "K"}
        assert not list(unit_problems(samples, units, "u"))


def test_several_targets_are_pools_of_their_own():
    samples, units = sheets(["YY1", "H3K27ac", "YY1", "CTCF"], ["K", "K", "K", "L"])
    assert not list(unit_problems(samples, units, "u"))
    config = {"results": "r", "evaluation": {"ablation": True}, "model": {"variant": "tuned"}}
    run = Run(config, samples, units)
    assert run.pools == {"K.YY1": "K", "K.H3K27ac": "K", "L": "L"}
    assert run.marks("K") == {"H3K27ac": "K.H3K27ac", "YY1": "K.YY1"}
    assert run.marks("L") == {}
    assert run.samples_of("hichip", pool="K.YY1") == ["h0", "h2"]
    assert run.samples_of("hichip", "K") == ["h0", "h1", "h2"]
    assert run.mark_kinds("K") == ["full-only-H3K27ac", "full-only-YY1"]
    assert run.mark_kinds("L") == []
    places = Run(config | {"model": {"variant": "enhancers"}}, samples, units)
    assert places.mark_kinds("K") == []  # contacted places are those of all targets
    assert run.loop_pools == ["K.YY1", "K.H3K27ac", "L"]
    assert run.called_pools == []
    # Networks of two targets predict no line of one.
    assert run.partners("K", "full") == []
    assert run.partners("K", "sequence") == ["L"]


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["YY1", ""], "a target for some HiChIP samples and not for others"),
        (["YY1", "yy1"], "differ in case alone"),
    ],
)
def test_targets_that_cannot_be(targets, message):
    samples, units = sheets(targets)
    assert [message in str(p) for p in unit_problems(samples, units, "u")] == [True]


def test_other_targets_that_cannot_be():
    samples, units = sheets(["YY1", "CTCF"], column="bins")
    assert any("are of one target" in str(p) for p in unit_problems(samples, units, "u"))
    samples, units = sheets(["YY1", "CTCF"])
    units.loc[2, "target"] = "YY1"
    assert ["RNA-seq unit" in str(p) for p in unit_problems(samples, units, "u")] == [True]
    samples, units = sheets(["YY1", "CTCF"])
    samples.loc[3, "cell_line"] = "K.YY1"
    assert any("another line's target" in str(p) for p in unit_problems(samples, units, "u"))
    samples, units = sheets(["YY1", "CTCF", ""], lines=["K", "K", "K.YY1"])  # has HiChIP itself
    assert any("another line's target" in str(p) for p in unit_problems(samples, units, "u"))
    samples, units = sheets(["YY1"], column="pairs")
    units = pd.concat([units, units.iloc[:1].assign(unit="2", target="CTCF", pairs="q")])
    units.index = range(len(units))
    assert any("have several targets" in str(p) for p in unit_problems(samples, units, "u"))


def test_a_name_of_other_characters_is_refused_in_its_row():
    samples, units = sheets(["YY.1", "CTCF"])
    config = {"samples": "s.tsv", "units": "u.tsv", "assemblies": {"toy": {}}}
    (problem,) = sheet_problems(samples, units, config)
    assert "u.tsv, row 0, column target" in str(problem)


def test_loops_by_target_are_not_compared_between_lines():
    samples, units = sheets(["YY1", "CTCF", "YY1", "YY1"], ["K", "K", "L", "L"], "pairs")
    config = {"loops": {"differential": ["K:L"]}}
    (problem,) = comparison_problems(config, samples, units)
    assert "Loops of K are called by target" in str(problem)


def test_a_comparison_is_made_once_and_of_loops_called_here():
    samples, units = sheets([""] * 4, ["K", "K", "L", "L"], "pairs")
    config = {"loops": {"differential": ["K:L", "L:K"]}}
    (problem,) = comparison_problems(config, samples, units)
    assert "compared twice" in str(problem)
    assert "loops.differential, L:K" in problem.where
    units.loc[[2, 3], ["pairs", "loops"]] = ["", "l.bedpe"]
    (problem,) = comparison_problems({"loops": {"differential": ["K:L"]}}, samples, units)
    assert problem.found.startswith("K:L; loops of L are imported (column loops)")


def test_finished_bins_are_refused_where_sequences_of_places_are_read():
    from deepexpr.checks.inputs import _bins_without_places

    _, units = sheets([""], column="bins")
    problems = {
        variant: [str(p) for p in _bins_without_places({"model": {"variant": variant}}, units)]
        for variant in ("tuned", "enhancers")
    }
    assert problems["tuned"] == []
    assert "finished bins of h0" in problems["enhancers"][0]
