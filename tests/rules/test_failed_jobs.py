"""What stands on the screen when a job fails, and what is done all the same."""

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
    """Two libraries; the second mates of one end early, behind what `check` looks at."""
    draw = random.Random(13)
    genome = "".join(draw.choices("ACGT", k=20_000))
    for mate, number in ((1, 4000), (2, 3990)):
        starts = (5000 + i % 3900 for i in range(number))
        records = (f"@r{i}\n{genome[s : s + 75]}\n+\n{'I' * 75}\n" for i, s in enumerate(starts))
        text = "".join(records) if mate == 1 else "".join(records).replace("A\n+", "C\n+")
        (workflow.folder / f"r_{mate}.fq").write_text(text)
        if mate == 1:  # another library: not the reads that the first begins with
            (workflow.folder / "single.fq").write_text(text[text.index("@r200\n") :])
    files = {
        "toy.fa": f">chr1\n{genome}\n", "toy.gtf": GTF, "own.yaml": CONFIG,
        "samples.tsv": "sample\tcell_line\tassay\tassembly\nR1\tLine\trna\ttoy\n"
        "R2\tLine\trna\ttoy\n",
        "units.tsv": "sample\tunit\tfq1\tfq2\tfragment_length\tfragment_sd\n"
        "R1\ta\tr_1.fq\tr_2.fq\t\t\nR2\ta\tsingle.fq\t\t200\t20\n",
    }  # fmt: skip
    for name, text in files.items():
        (workflow.folder / name).write_text(text)
    return workflow


def test_a_failed_library_is_told_and_the_others_are_done(damaged):
    """The damaged one goes first, what needs it is left out, and the other is counted."""
    folder = damaged.folder
    bad, good = (f"results/expression/toy/reads/{sample}.tsv" for sample in ("R1", "R2"))
    result = damaged.attempt(
        "--configfile", "own.yaml", "--prioritize", bad,
        "--", "results/expression/toy/counts.tsv", good, cores=1,
    )  # fmt: skip
    assert result.returncode == 1
    assert "r_2.fq ends after 3990 reads" in result.stdout
    assert not (folder / bad).exists()
    assert (folder / good).is_file()
    assert result.stdout.index("Error in rule count_reads") < result.stdout.index(f": {good}\n")
    last = result.stdout.rstrip().splitlines()[-5:]
    assert last[0] == (
        "The run ended after 8 of 10 steps: 1 failed; left out as they need it: 1 step"
        " (expression 1)."
    )
    assert [line.split()[0] for line in last[1:]] == ["sample:", "step:", "message:", "next:"]
    assert "R1" in last[1]
    assert "count_reads" in last[2]
    assert "The two FASTQ files do not hold the same number of reads" in last[3]
    assert "Use the untouched pair of files" in last[4]
    assert "snakemake --cores 1" in last[4]
