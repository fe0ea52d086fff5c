"""The overlap of two loop callers, by distance."""

import numpy as np
import pandas as pd

from deepexpr.config.entries import FILE_COLUMNS
from deepexpr.figures.callers import EDGES, build_callers, draw_callers
from deepexpr.figures.inputs import Inputs
from deepexpr.files import write_table
from deepexpr.run.drawings import CONDITIONS
from deepexpr.run.targets import Run
from deepexpr.schemas import LOOPS


def contacts(folder, rows):
    """A table as call-loops writes it of rows (gap in bp, Origami's and coverage's confidence)."""
    table = pd.DataFrame(rows, columns=["gap", "confidence.origami", "confidence.coverage"])
    start2 = 10_000 + 5_000 + table.pop("gap")
    table = table.assign(
        chromosome1="chr1", start1=10_000, end1=15_000, chromosome2="chr1", start2=start2,
        end2=start2 + 5000, name="x", score=0, strand1=".", strand2=".", count=3, confidence=0.0,
        depth1=9, depth2=9, distance=0, loop=0,
    )  # fmt: skip
    write_table(table[[*LOOPS, "confidence.origami", "confidence.coverage"]], folder / "c.tsv")
    return folder / "c.tsv"


def test_loops_are_counted_by_caller_and_distance(tmp_path):
    rows = [
        (0, 1.0, 1.0),  # neighbours are no loop
        (10_000, 0.95, 0.96), (10_000, 0.95, 0.9), (19_999, 0.2, 0.95),
        (20_000, 0.95, 0.95), (20_000, 0.89, 0.9),
        (5_000_000, 0.99, 0.99),  # beyond the last edge
    ]  # fmt: skip
    inputs = Inputs(contacts={"K": contacts(tmp_path, rows)}, confidence=0.9)
    table = build_callers(inputs)
    counts = table.pivot_table(index="kb_from", columns="part", values="loops")
    assert counts.loc[0].to_dict() == {"both": 1, "Origami only": 1, "coverage only": 1}
    assert counts.loc[20].to_dict() == {"both": 1, "Origami only": 0, "coverage only": 0}
    assert counts.loc[EDGES[-2], "both"] == 1
    assert counts.to_numpy().sum() == 5
    figure = draw_callers(table)
    heights = [
        np.round([bar.get_height() for bar in c]).tolist() for c in figure.axes[0].containers
    ]
    assert [sum(h) for h in heights] == [3, 1, 1]
    texts = " ".join(t.get_text() for t in figure.findobj() if hasattr(t, "get_text"))
    assert "both 3 of 5, Jaccard 0.60" in texts


def test_it_is_drawn_where_both_callers_ran():
    samples = pd.DataFrame(
        {"sample": ["h", "r"], "cell_line": "K", "assay": ["hichip", "rna"], "assembly": "toy"}
    )
    units = pd.DataFrame({"sample": ["h", "r"], "target": "", "pairs": ["p", ""],
                          "expression": ["", "e"]})  # fmt: skip
    units = units.reindex(columns=["sample", "target", *FILE_COLUMNS], fill_value="")
    for caller in ("both", "coverage"):
        run = Run({"loops": {"caller": caller}, "results": "r"}, samples, units)
        assert CONDITIONS["both callers"].holds(run, ["K"]) == (caller == "both")
