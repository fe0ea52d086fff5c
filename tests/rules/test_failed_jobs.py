"""What stands on the screen when a job fails."""

import random

import pytest

CONFIG = """samples: samples.tsv
units: units.tsv
assemblies: {toy: {genome: toy.fa, annotation: toy.gtf}}
evaluation: {folds: [2], main_folds: 2, distance_cell_lines: null}
"""
GTF = 'chr1\tx\texon\t5001\t9000\t.\t+\t.\tgene_id "G"; transcript_id "T"; gene_name "G"; gene_biotype "protein_coding"; transcript_biotype "protein_coding";\n'  # noqa: E501


@pytest.fixture
def damaged(workflow):
    """A run whose second mates end early, behind what `check` looks at."""
    draw = random.Random(13)
    genome = "".join(draw.choices("ACGT", k=20_000))
    for mate, number in ((1, 4000), (2, 3990)):
        starts = (5000 + i % 3900 for i in range(number))
        records = (f"@r{i}\n{genome[s : s + 75]}\n+\n{'I' * 75}\n" for i, s in enumerate(starts))
        text = "".join(records) if mate == 1 else "".join(records).replace("A\n+", "C\n+")
        (workflow.folder / f"r_{mate}.fq").write_text(text)
    files = {
        "toy.fa": f">chr1\n{genome}\n", "toy.gtf": GTF, "own.yaml": CONFIG,
        "samples.tsv": "sample\tcell_line\tassay\tassembly\nR1\tLine\trna\ttoy\n",
        "units.tsv": "sample\tunit\tfq1\tfq2\nR1\ta\tr_1.fq\tr_2.fq\n",
    }  # fmt: skip
    for name, text in files.items():
        (workflow.folder / name).write_text(text)
    return workflow


@pytest.mark.parametrize("profile", [[], ["--profile", "profiles/local"]], ids=["none", "local"])
def test_the_message_of_a_failed_job_stands_on_the_screen(damaged, profile):
    target = "results/expression/toy/reads/R1.tsv"
    result = damaged.attempt(*profile, "--configfile", "own.yaml", "--", target)
    assert result.returncode == 1
    assert "error: The two FASTQ files do not hold the same number of reads." in result.stdout
    assert "r_2.fq ends after 3990 reads" in result.stdout
    assert not (damaged.folder / target).exists()
    last = result.stdout.rstrip().splitlines()[-5:]
    assert last[0] == "The run stopped after 2 of 3 steps."
    assert [line.split()[0] for line in last[1:]] == ["sample:", "step:", "message:", "next:"]
    assert "R1" in last[1]
    assert "count_reads" in last[2]
    assert "do not hold the same number of reads" in last[3]
    assert "Use the untouched pair of files" in last[4]
    assert "snakemake --cores 2" in last[4]
