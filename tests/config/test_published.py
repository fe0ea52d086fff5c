"""Published values: in place of a cell line's RNA-seq, and beside the expression of reads."""

from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from deepexpr.checks.inputs import load_and_check
from deepexpr.config.published import instead_of
from deepexpr.config.settings import read_config
from deepexpr.errors import InputError
from deepexpr.figures.published import build_published, spearman


@pytest.fixture
def paper(root, monkeypatch, tmp_path):
    """Function (changes of published) -> the checked default configuration and sheets."""
    monkeypatch.chdir(root)

    def load(published):
        (tmp_path / "over.yaml").write_text(yaml.safe_dump({"published": published}))
        return load_and_check(read_config(["config/config.yaml", tmp_path / "over.yaml"]), "test")

    return load


def test_one_line_takes_the_place_of_all_rna_seq_of_a_line(paper):
    config, samples, units = paper({"K562": {"use": True}})
    rna = samples[(samples["cell_line"] == "K562") & (samples["assay"] == "rna")]["sample"]
    assert rna.tolist() == ["K562_rna_1"]
    (unit,) = units[units["sample"] == "K562_rna_1"].to_dict("records")
    assert unit["expression"] == "resources/published/rna_K562.txt"
    assert unit["accession"].endswith("rna_K562.txt#md5=b56466848180724fa916d5928faa3637")
    assert {unit[name] for name in ("fq1", "fq2", "fragment_length")} == {""}
    assert len(units) == 12
    assert "published: {mESC: {use: true}}" in instead_of(config, "mESC")


@pytest.mark.parametrize(
    ("published", "message"),
    [
        ({"Nope": {"table": "x.txt", "use": True}}, "'Nope' of published values is not in the sam"),
        ({"K562": {"url": None}}, "The published values of K562 do not exist"),
        ({"K562": {"url": "ftp://x.org/a"}}, "published.K562.url"),
        ({"K562": {"md5": "12"}}, "published.K562.md5"),
        ({"K562": {"usse": True}}, "usse"),
    ],
)
def test_wrong_settings_are_told(paper, published, message):
    with pytest.raises(InputError) as caught:
        paper(published)
    assert message in str(caught.value)


def test_expression_is_set_beside_published_values_by_gene(tmp_path):
    (tmp_path / "e.tsv").write_text("gene\tB\tA\nx\t0\t1\ny\t0\t2\nz\t0\t3\nown\t0\t9\n")
    (tmp_path / "a.txt").write_text("z\t7\nx\t0\ny\t80\ntheirs\t5\n")
    inputs = SimpleNamespace(expression=(tmp_path / "e.tsv",), published={"A": tmp_path / "a.txt"})
    table = build_published(inputs).set_index("gene")
    assert sorted(table.index) == ["x", "y", "z"]
    assert table.loc["x"].tolist() == ["A", pytest.approx(-1), 1.0, pytest.approx(0.5)]


def test_ties_share_their_rank():
    # Ranks 1.5, 1.5, 3, 4 and 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5).
    value = spearman(pd.Series([0, 0, 1, 2]), pd.Series([1, 2, 3, 4]))
    assert value == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
    assert pd.isna(spearman(pd.Series([0, 0, 0]), pd.Series([1, 2, 3])))
