"""`check` sees it before anything runs: mistakes of each kind of docs/inputs.md, and what is said.

`mistakes.yaml` holds the messages in full of what else is looked at.
"""

import gzip
import json
import random

import pysam
import pytest
from small_project import CONFIG, SAMPLES, UNITS, reads

from deepexpr.cli import main

DRAW = random.Random(16)
LONG = "".join(DRAW.choices("ACGTacgt", k=120_000))
ABOUT = 'gene_biotype "protein_coding"; transcript_biotype "protein_coding";'
EXON = '{c}\tx\texon\t{a}\t{b}\t.\t+\t.\tgene_id "{g}"; transcript_id "{t}"; {n} ' + ABOUT + "\n"


def exon(chromosome="chr1", start=1, end=4, gene="G", transcript="T", name='gene_name "G";'):
    return EXON.format(c=chromosome, a=start, b=end, g=gene, t=transcript, n=name)


def genome(*records):
    """A FASTA of (name, letters), 60 letters a line."""
    return "".join(
        f">{name}\n" + "".join(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))
        for name, text in records
    )


def masked():
    """LONG with half of it as N, in stretches of 300."""
    return "".join(LONG[i : i + 300] + "N" * 300 for i in range(0, len(LONG), 300))


def entered(column, path):
    """Sheets whose HiChIP or RNA-seq sample comes from a file of later stages."""
    rna = column in ("expression", "kallisto")
    columns = ["bam1", "bam2"] if column == "bam1" else [column]
    paths = ["1.bam", "2.bam"] if column == "bam1" else [path]
    head = "sample\tunit\tfq1\tfq2\t" + "\t".join(columns) + "\n"
    late, empty = "\t".join(paths), "\t" * len(paths)
    rows = [f"R1\ta\t\t\t{late}", f"H1\ta\th_1.fq\th_2.fq.gz{empty}"]
    if not rna:
        rows = [f"R1\ta\tr_1.fq\tr_2.fq.gz{empty}", f"H1\ta\t\t\t{late}"]
    samples = SAMPLES if rna or column == "bam1" else SAMPLES.replace("MboI", "")
    return {"samples.tsv": samples, "units.tsv": head + "\n".join(rows) + "\n"}


def single(text):
    return {
        "r_1.fq": text,
        "units.tsv": UNITS.replace("r_1.fq\tr_2.fq.gz\t\t\t", "r_1.fq\t\t200\t20\t"),
    }


def loops(text):
    return {"l.tsv": text} | entered("loops", "l.tsv")


def pairs(text):
    head = "## pairs format v1.0\n#chromsize: chr1 4\n"
    head += "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2\n"
    return {"p.pairs": head + text} | entered("pairs", "p.pairs")


def counts(text):
    return {"t.tsv": text} | entered("expression", "t.tsv")


def setting(text, **files):
    return {"config.yaml": CONFIG + text + "\n"} | {
        name.replace("_", "."): content for name, content in files.items()
    }


KNOWN_GENE = "".join(
    f"uc00{i}aaa.3\tchr1\t+\t0\t4\t0\t4\t1\t0,\t4,\tP0000{i}\tuc00{i}aaa.3\n" for i in range(3)
)
BEDPE = "chr1\t0\t1\tchr1\t2\t3\t"
NAMED = "chr1\tstart1\tend1\tchr2\tstart2\tend2\tcount\t"
MEME = "MEME version 4\n\n{}\n\nMOTIF A\nletter-probability matrix: alength= 4 w= 1\n{}\n"
ONE, TWO = reads(1), reads(2)
RNA = ONE.replace("T", "U")

REFUSED = {
    # annotations
    "genes are transcripts": ({"a.gtf": "".join(
        exon(start=1, end=4 - i % 2, gene=f"NM_{i}", transcript=f"NM_{i}", name="")
        for i in range(4))}, "Genes are transcripts here"),
    "no symbols": ({"a.gtf": KNOWN_GENE}, "The table has no symbols"),
    "GFF3 without genes": ({"a.gtf": "##gff-version 3\nchr1\tx\texon\t1\t4\t.\t+\t.\tID=e\n"},
                           "holds no transcript"),
    # chromosome names
    "names of two worlds": ({"a.gtf": exon("1") + exon("2", gene="H", transcript="U")
                             + exon("GL1", gene="I", transcript="V"),
                             "g.fa": genome(("chr1", "ACGT"), ("chr2", "ACGT"), ("GL1", "ACGT"))},
                            "Most of the annotation is lost"),
    "two records of one name": ({"g.fa": genome(("chr1", "ACGT"), ("chr1", "AC"))},
                                "stands twice in the genome"),
    # genomes
    "a genome of RNA": ({"g.fa": genome(("chr1", LONG.replace("T", "U")))}, "none of DNA"),
    "another build": ({"a.gtf": exon(end=5000)}, "beyond the end of their chromosome"),
    # reads
    "reads of RNA letters": ({"r_1.fq": RNA}, "in the letters of RNA"),
    "reads in colours": ({"r_1.fq": ONE.translate(str.maketrans("ACGT", "0123"))},
                         "reads are written"),
    "both mates in one file": (single(ONE + TWO), "comes again at record 2001"),
    "one file twice over": (single(ONE.replace("/1", "") * 2), "comes again at record 2001"),
    "a protein": ({"r_1.fq": ONE.replace("T", "L")}, "not in letters of DNA"),
    # HiChIP
    "another enzyme": ({"samples.tsv": SAMPLES.replace("MboI", "HindIII")},
                       "hold a junction of HindIII"),
    "pairs beyond the end": (pairs("a\tchr1\t1\tchr1\t9\t+\t-\n"), "outside their chromosome"),
    "a damaged pair": (pairs("a\tchr1\t1\tchr1\tx\t+\t-\n"), "A position is not a number"),
    "pairs of HiC-Pro": (pairs("") | {"p.pairs": "r\tchr1\t1\t+\tchr1\t2\t-\t9\n"},
                         "does not begin like a .pairs file"),
    # loop tables
    "no column of counts": (loops(BEDPE + "5\t7\n" + BEDPE.replace("3", "4") + "9\t8\n"),
                            "cannot be told without a header"),
    "a q-value of a browser": (loops(BEDPE + "x\t2.1\t.\t.\n"), "are no counts"),
    "all are tested contacts": (loops(f"{NAMED}-log10(qvalue)\n{BEDPE}7\t0.2\n"),
                                "No loop is left"),
    "logarithms called q-values": (loops(f"{NAMED}qvalue\n{BEDPE}7\t12.5\n"), "values above 1"),
    "loops beyond the end": (loops("chr1\t0\t1\tchr1\t7\t9\tx\t7\n"), "beyond the end"),
    # tables and names
    "a number in hexadecimal": (counts("G\t0x10\nH\t5\n"), "are no counts"),
    "no value": (counts("G\tn.d.\nH\t5\n"), "are no counts"),
    "logarithms below 0": (counts("G\t-2.5\nH\t5\n"), "values below 0 are logarithms"),
    "other symbols": (counts("ENSG01\t5\nENSG02\t7\n"), "No gene of the gene table"),
    "a column twice in a sheet": ({"samples.tsv": SAMPLES.replace("cell_line", "assay", 1)},
                                  "stands twice in the samples sheet"),
    # motifs and peaks
    "a motif without a matrix": (setting("motifs: {targets: m.txt}", m_txt=MEME.format(
        "ALPHABET= ACGT", "1 0 0 0") + "MOTIF B\n"), "no letter-probability matrix"),
    "motifs of other letters": (setting("motifs: {targets: m.txt}", m_txt=MEME.format(
        "ALPHABET= ACTG", "1 0 0 0")), "not that of DNA, in its order"),
    "a matrix that is cut": (setting("motifs: {targets: m.txt}", m_txt=MEME.format(
        "ALPHABET= ACGT", "1 0 0 0\n\n0 1 0 0")), "Numbers stand behind the matrix"),
    "peaks of another genome": (setting("motifs: {enhancer_peaks: p.bed}", p_bed="1\t0\t2\n"),
                                "None of its chromosomes is in the genome"),
    "bigBed": (setting("motifs: {enhancer_peaks: p.bed}", p_bed="\udceb\udcf2\udc89\udc87\n"),
               "not text in UTF-8"),
    # network
    "a setting of another variant": (setting("model: {variant: paper, windows: 5}"),
                                     "Unknown key 'windows'"),
    # configuration
    "a key twice": (setting("units: units.tsv"), "stands twice"),
}  # fmt: skip

TOLD = {
    "alternative contigs": ({"g.fa": genome(("chr1", "ACGT"), ("chr1_KI270762v1_alt", "ACGT"))},
                            "1 alternative contigs"),
    "hard-masked": ({"g.fa": genome(("chr1", masked()))}, "looks hard-masked"),
    "no small letters": ({"g.fa": genome(("chr1", LONG.upper()))}, "no small letters"),
    "a date of a spreadsheet": (counts("G\t5\n1-Mar\t7\n"), "a spreadsheet made of genes"),
    "a header of no known name": (counts("gene_of_mine\tSRR1\nG\t5\n"), "is taken as the header"),
    "loops counted from 1": (loops("chr1\t1\t10\tchr1\t21\t30\tx\t7\n"
                                   "chr1\t11\t20\tchr1\t31\t40\ty\t9\n")
                             | {"g.fa": genome(("chr1", LONG))}, "positions are counted from 1"),
    "only single probabilities": (loops(f"{NAMED}p-value\n{BEDPE}7\t0.6\n"),
                                  "are these all tested contacts?"),
    "peaks of one height": (setting("motifs: {enhancer_peaks: p.bed}",
                                    p_bed="chr1\t0\t2\nchr1\t2\t4\n"),
                            "all 2 peaks have the height 0"),
    "RNA motifs": (setting("motifs: {targets: m.txt}", m_txt=MEME.format(
        "ALPHABET= ACGU", "1 0 0 0")), "the motifs are of RNA"),
    "no strand": ({"a.gtf": exon() + exon(gene="H", transcript="U").replace("\t+\t", "\t.\t")},
                  "have no strand"),
    "exons of unknown transcripts": ({"a.gtf": "##gff-version 3\n"
                                      "chr1\tx\tgene\t1\t4\t.\t+\t.\tID=g;Name=G;"
                                      "biotype=protein_coding\n"
                                      "chr1\tx\tmRNA\t1\t4\t.\t+\t.\tID=t;Parent=g\n"
                                      "chr1\tx\texon\t1\t4\t.\t+\t.\tParent=t\n"
                                      "chr1\tx\texon\t1\t4\t.\t+\t.\tParent=lost\n"},
                                     "have no line of their own, such as lost"),
}  # fmt: skip


def put(project, files):
    for name, text in files.items():
        (project / name).write_bytes(text.encode("utf-8", "surrogateescape"))


def check(capsys):
    status = main(["check", "--configfile", "config.yaml"])
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return status, text


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_used_is_refused(project, capsys, kind):
    files, says = REFUSED[kind]
    put(project, files)
    status, text = check(capsys)
    assert says in text
    assert status == 1


@pytest.mark.parametrize("kind", TOLD)
def test_what_is_doubtful_is_told(project, capsys, kind):
    files, says = TOLD[kind]
    put(project, files)
    status, text = check(capsys)
    assert says in text
    assert status == 0


def write_bam(path, order="unsorted", flags=(0,), names="r{i}", shift=0, number=20):
    """Records at random places; `flags` take turns."""
    header = {"HD": {"VN": "1.0", "SO": order}, "SQ": [{"SN": "chr1", "LN": len(LONG)}]}
    draw = random.Random(shift)
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for i in range(number):
            read = pysam.AlignedSegment(out.header)
            read.query_name = names.format(i=i)
            read.query_sequence = "".join(draw.choices("ACGT", k=30))
            read.flag, read.reference_id, read.reference_start = flags[i % len(flags)], 0, 9 * i
            read.cigarstring, read.mapping_quality = "30M", 40
            out.write(read)


@pytest.mark.parametrize(
    ("one", "two", "says"),
    [
        ({}, {"shift": 1}, None),
        ({"flags": [65]}, {"shift": 1, "flags": [145]}, None),
        ({"names": "r{i}/1"}, {"shift": 1, "names": "r{i}/2"}, None),
        ({"order": "coordinate"}, {"shift": 1}, "sorted by coordinate"),
        ({"flags": [65, 145]}, {"flags": [65, 145]}, "holds both mates of its pairs"),
        ({}, {}, "one file is a copy of the other"),
        ({}, {"shift": 1, "names": "q{i}"}, "at record 1 they have other names"),
    ],
)
def test_bam_files_are_of_one_mate_each(project, capsys, one, two, says):
    put(project, entered("bam1", "") | {"g.fa": genome(("chr1", LONG))})
    write_bam(project / "1.bam", **one)
    write_bam(project / "2.bam", **two)
    status, text = check(capsys)
    assert status == bool(says), text
    assert (says or "") in text


def test_the_line_of_a_file_is_named(project, capsys):
    put(project, loops(f"{BEDPE}x\t7\n" + "chr1\t3\t2\tchr1\t0\t1\ty\t7\n"))
    status, text = check(capsys)
    assert status == 1
    assert "where: l.tsv, line 2 (units.tsv, row 3, column loops)" in text


def test_a_sequence_of_two_to_the_31_is_refused(project, capsys):
    """Told by the index alone; nobody has such a file at hand."""
    size = 1 << 31
    (project / "g.fa").write_text(">chr1\n")
    with open(project / "g.fa", "r+b") as sparse:
        sparse.truncate(6 + size + 1)
    (project / "g.fa.fai").write_text(f"chr1\t{size}\t6\t{size}\t{size + 1}\n")
    status, text = check(capsys)
    assert status == 1
    assert "The sequence chr1 is too long" in text


def test_compressed_genomes_are_looked_at_too(project, capsys):
    text = CONFIG.replace("g.fa", "g.fa.gz")
    put(project, {"config.yaml": text})
    (project / "g.fa.gz").write_bytes(gzip.compress(genome(("chr1", masked())).encode()))
    assert "looks hard-masked" in check(capsys)[1]


def test_json_is_read_as_a_configuration(project, capsys):
    """Snakemake takes it, so a key that stands twice in it is found too."""
    config = {"samples": "samples.tsv", "units": "units.tsv",
              "assemblies": {"toy": {"genome": "g.fa", "annotation": "a.gtf"}}}  # fmt: skip
    text = json.dumps(config)
    put(project, {"config.yaml": text})
    assert check(capsys)[0] == 0
    put(project, {"config.yaml": text[:-1] + ', "units": "other.tsv"}'})
    assert "stands twice" in check(capsys)[1]


def test_length_and_deviation_of_fragments_exchanged(project, capsys):
    files = single(ONE.replace("/1", ""))
    put(project, files | {"units.tsv": files["units.tsv"].replace("200\t20", "20\t200")})
    status, text = check(capsys)
    assert status == 1
    assert "not below their mean length" in text
