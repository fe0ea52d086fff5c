"""`check` reads the table of orthologues beside both annotations."""

import pytest
from small_project import ANNOTATION, CONFIG, SAMPLES, UNITS

from deepexpr.cli import main


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("G\tH\n", None),
        ("H\tG\n", "Exchange the assemblies: other first, then toy."),
        ("ENSG1\tENSMUSG1\n", "No pair of orthologues names a gene of both assemblies."),
        ("G\n", "A line of the orthologues does not hold the genes of both assemblies."),
    ],
)
def test_the_table_is_matched_with_both_annotations(project, capsys, table, said):
    (project / "a2.gtf").write_text(ANNOTATION.replace('gene_name "G"', 'gene_name "H"'))
    (project / "counts.tsv").write_text("H\t5\n")
    (project / "o.tsv").write_text(table)
    other = "  other: {genome: g.fa, annotation: a2.gtf}\n"
    across = "evaluation: {cross_species: {orthologues: o.tsv, assemblies: [toy, other]}}\n"
    (project / "config.yaml").write_text(f"{CONFIG}{other}{across}")
    (project / "samples.tsv").write_text(f"{SAMPLES}R2\tOther\trna\tother\t\n")
    (project / "units.tsv").write_text(f"{UNITS}R2\ttable\t\t\t\t\t\t\tcounts.tsv\n")
    code = main(["check", "--configfile", "config.yaml"])
    told = capsys.readouterr().err
    assert (code == 0) == (said is None), told
    assert said is None or said in told
