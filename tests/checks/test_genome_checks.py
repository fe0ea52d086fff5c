"""Annotations and units that enter mapped are held against the genome before anything runs."""

import gzip
import random
import re

import pysam
import pytest
from small_project import ANNOTATION, CONFIG

from deepexpr.checks.genome import genome_sizes
from deepexpr.cli import main
from deepexpr.errors import InputError

LINE = 'chr1\tx\t{feature}\t{start}\t{end}\t.\t+\t.\tgene_id "{id}"; transcript_id "{id}"; gene_name "{id}"; gene_biotype "{biotype}";\n'  # noqa: E501


def line(name="G", start=1, end=4, feature="exon", biotype="protein_coding"):
    return LINE.format(feature=feature, start=start, end=end, id=name, biotype=biotype)


def check(capsys):
    status = main(["check", "--configfile", "config.yaml"])
    return status, capsys.readouterr().err


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        (line(end=5000), "lie beyond the end of their chromosome"),
        (line(biotype="miRNA"), "No gene has the biotype protein_coding"),
        (ANNOTATION.replace("chr1", "1"), "No chromosome of the annotation is in the genome"),
        (ANNOTATION + "chr1\tx\texon\n", ""),
        ("gene\tchromosome\n", "format of the annotation is not known"),
    ],
    ids=["another build", "no gene", "names", "cut line", "no annotation"],
)
def test_annotation_is_read_by_check(project, capsys, annotation, says):
    (project / "a.gtf").write_text(annotation)
    status, text = check(capsys)
    assert status == 1
    assert says in text
    assert "Traceback" not in text


def test_chromosomes_asked_for_are_looked_for(project, capsys):
    text = (project / "config.yaml").read_text().replace("g.fa,", "g.fa, chromosomes: [chr7],")
    (project / "config.yaml").write_text(text)
    status, text = check(capsys)
    assert status == 1
    assert "No transcript is on chr7" in text


def bam(path, name, length):
    header = {"HD": {"VN": "1.0"}, "SQ": [{"SN": name, "LN": length}]}
    pysam.AlignmentFile(path, "wb", header=header).close()


def entered(project, column, name, length):
    """The HiChIP sample enters with files of a genome of one such chromosome."""
    cells = {"bam1": "", "bam2": "", "pairs": "", "loops": ""}
    for key in ["bam1", "bam2"] if column == "bam1" else [column]:
        cells[key] = path = str(project / key)
        if column == "bam1":
            bam(path, name, length)
        elif column == "pairs":
            head = f"## pairs format v1.0\n#chromsize: {name} {length}\n"
            columns = "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2\n"
            (project / key).write_text(head + columns)
        else:
            (project / key).write_text(f"{name}\t0\t2\t{name}\t2\t{length}\t.\t7\n")
    head = "sample\tunit\tfq1\tfq2\t" + "\t".join(cells) + "\n"
    rows = "R1\ta\tr_1.fq\tr_2.fq.gz\nH1\ta\t\t\t" + "\t".join(cells.values()) + "\n"
    (project / "units.tsv").write_text(head + rows)
    samples = (project / "samples.tsv").read_text()
    (project / "samples.tsv").write_text(
        samples if column == "bam1" else samples.replace("MboI", "")
    )


@pytest.mark.parametrize("column", ["bam1", "pairs", "loops"])
@pytest.mark.parametrize(
    ("name", "length", "says"),
    [
        ("chr1", 4, None),
        ("1", 4, "None of its chromosomes is in the genome"),
        ("NC_000001.11", 4, "None of its chromosomes is in the genome"),
        ("chr1", 5, "has another length than in the genome"),
    ],
)
def test_units_that_enter_mapped_are_of_the_genome(project, capsys, column, name, length, says):
    entered(project, column, name, length)
    status, text = check(capsys)
    if column == "loops" and says:  # a loop tells no length, but where it reaches
        says = "reach beyond the end" if length == 5 else "No chromosome of the annotation"
    if says is None:
        assert status == 0, text
    else:
        assert status == 1
        assert says in text


@pytest.mark.parametrize("seed", range(10))
def test_sizes_of_generated_genomes(tmp_path, seed):
    draw = random.Random(seed)
    sizes, text = {}, ""
    for i in range(draw.randint(1, 20)):
        name, length = draw.choice([f"chr{i}", str(i), f"HG#1#{i}"]), draw.randint(1, 300)
        width, end = draw.randint(1, 80), draw.choice(["\n", "\r\n"])
        letters = "".join(draw.choices("ACGTNacgt", k=length))
        lines = [letters[j : j + width] for j in range(0, length, width)]
        text += f">{name}{draw.choice(['', ' more'])}{end}" + end.join(lines) + end
        sizes[name] = length
    path = tmp_path / "g.fa"
    path.write_bytes(gzip.compress(text.encode()) if seed % 2 else text.encode())
    assert genome_sizes(path) == sizes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (">chr1\nACGT\n>chr2\nAC\n>chr1 copy\nAC\n", "twice in the genome.+lines 1 and 5"),
        (">chr1\nACGT\n>\nAC\n", "A record has no name.+line 3"),
    ],
    ids=["two of one name", "no name"],
)
def test_records_of_a_genome_have_names_of_their_own(tmp_path, text, says):
    path = tmp_path / "genome.fa"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        genome_sizes(path)
    assert re.search(says, str(caught.value), re.DOTALL)


@pytest.mark.parametrize("index", ["1\t4\t6\t4\t5\n", "1\t4\t60\t60\t61\n"])
def test_an_index_of_another_genome_is_not_believed(project, capsys, index):
    (project / "g.fa.fai").write_text(index)  # newer than the genome
    assert check(capsys)[0] == 0


def counted(project, column, text):
    """The RNA-seq sample enters with what another program counted."""
    (project / "k").mkdir(exist_ok=True)
    path = project / ("k/abundance.tsv" if column == "kallisto" else "k/t.tsv")
    path.write_text(text)
    head = f"sample\tunit\tfq1\tfq2\t{column}\n"
    (project / "units.tsv").write_text(head + f"R1\ta\t\t\t{path}\nH1\ta\th_1.fq\th_2.fq.gz\t\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("G\t5\nH\t7\n", None),
        ("ENSG01\t5\n", "No gene of the gene table is in the table"),
        ("G\t5\n1-Mar\t7\n", "WARNING"),
    ],
)
def test_tables_of_genes_are_held_against_the_annotation(project, capsys, text, says):
    counted(project, "expression", text)
    status, told = check(capsys)
    assert status == (says not in (None, "WARNING"))
    assert (says or "") in told
    assert told.count("1-Mar and") + told.count("such as 1-Mar") == ("1-Mar" in text)


HEAD = "target_id\tlength\teff_length\test_counts\ttpm\n"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("T\t9\t9\t5\t1\n", None),
        ("T.3|x\t9\t9\t5\t-nan\n", None),
        ("Q\t9\t9\t5\t1\n", "No target of kallisto is a known transcript"),
        ("T\t9\t9\t1\t1\nQ\t9\t9\t999\t1\n", "on targets of no known gene"),
        ("T\t9\t9\t0\t1\n", "No read was counted"),
    ],
)
def test_targets_of_kallisto_are_held_against_the_annotation(project, capsys, rows, says):
    counted(project, "kallisto", HEAD + rows)
    status, told = check(capsys)
    assert status == (says is not None)
    assert (says or "") in told


MEME = "MEME version 4\n\nMOTIF A\nletter-probability matrix: alength= 4 w= 3\n0.1 0.2 0.3 0.4\n"


@pytest.mark.parametrize(
    ("setting", "text", "says"),
    [
        ("motifs: {targets: own.txt}", MEME, "own.txt"),
        ("motifs: {enhancer_peaks: own.txt}", "chr1\tone\t2\n", "Not a BED line"),
        ("hichip: {anchors: own.txt}", "1\t0\t2\n", "Unknown chromosome"),
        ("hichip: {anchors: own.txt}", "chr1\t0\t9\n", "reach beyond the end"),
    ],
)
def test_files_of_the_settings_are_read(project, capsys, setting, text, says):
    (project / "own.txt").write_text(text)
    (project / "config.yaml").write_text((project / "config.yaml").read_text() + setting + "\n")
    status, told = check(capsys)
    assert status == 1
    assert says in told
    assert "configuration, key " + setting.split(":")[0] in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The blacklist is empty"),
        ("# none\n", "The blacklist holds no region"),
        ("1\t0\t2\n", "No region of the blacklist is on a chromosome of the genome"),
        ("chr1\t4\t8\n", "begin beyond the end of chr1"),
        ("chr1\t0\t9\n", "reach over the end of their chromosome"),
        ("chr1\t2\t1\n", "Not a BED line"),
        ("chr1\t0\t1\n", ""),
    ],
)
def test_blacklists_are_read_before_the_run(project, capsys, text, says):
    (project / "b.bed").write_text(text)
    config = CONFIG.replace("a.gtf}", "a.gtf, blacklist: b.bed}")
    (project / "config.yaml").write_text(config)
    code = main(["check", "--configfile", "config.yaml"])
    error = capsys.readouterr().err
    assert says in error
    assert ("b.bed" in error) == bool(says)
    assert code == (0 if says in ("", "reach over the end of their chromosome") else 1)
