"""Two naming worlds in one run: what is one with what, and what is said of it."""

import gzip
import logging

import pytest
from annotations import transcript, write

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.reference.aliases import read_aliases
from deepexpr.reference.annotation import count_names, read_annotation
from deepexpr.reference.chromosomes import require_common_name

ALIASES = {
    "columns": "# ucsc\tassembly\tgenbank\trefseq\n"
    "chr1\t1\tCM000663.2\tNC_000001.11\nchr2\t2\tCM000664.2\tNC_000002.12\nchrM\tMT\t\tNC_012920.1\n",
    "old": "#alias\tchrom\tsource\n1\tchr1\tensembl\nNC_000001.11\tchr1\trefseq\n"
    "2\tchr2\tensembl,genbank\nNC_000002.12\tchr2\trefseq\nMT\tchrM\tensembl\n"
    "NC_012920.1\tchrM\trefseq\n",
}


@pytest.mark.parametrize("form", ALIASES)
@pytest.mark.parametrize("genome", [["chr1", "chr2", "chrM"], ["1", "2", "MT"],
                                    ["NC_000001.11", "NC_000002.12", "NC_012920.1"]])  # fmt: skip
def test_a_table_puts_names_into_the_genomes(tmp_path, form, genome):
    aliases = read_aliases(write(tmp_path, ALIASES[form]), genome)
    for names in (["chr1", "chr2", "chrM"], ["1", "2", "MT"], ["NC_000001.11", "NC_000002.12"]):
        assert [aliases[name] for name in names] == genome[: len(names)]
    assert aliases["chr3"] == "chr3"


def test_auto_knows_chr_and_the_mitochondrion():
    aliases = read_aliases("auto", ["chr1", "chrX", "chrM", "GL000220.1"])
    assert [aliases[n] for n in ("1", "X", "MT", "M", "chr1", "GL000220.1", "2")] == [
        "chr1", "chrX", "chrM", "chrM", "chr1", "GL000220.1", "2"
    ]  # fmt: skip
    assert read_aliases("auto", ["1", "MT"])["chrM"] == "MT"
    both = read_aliases("auto", ["chrM", "chrMT"])
    assert (both["chrM"], both["chrMT"], both["MT"]) == ("chrM", "chrMT", "MT")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t1\nchr2\t2\nchr1\t2\n", "joins names of different chromosomes"),
        ("chr7\t7\n", "none of the genome's chromosomes"),
        ("chr1 1\n", "Not a line of aliases"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_aliases(write(tmp_path, text), ["chr1", "chr2"])


def test_an_annotation_is_read_by_aliases(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = write(tmp_path, transcript("1", "G", "T", "+", (101, 200), gene_name="A"))
    with pytest.raises(InputError, match="aliases to auto"):
        read_annotation(path, {"chr1": 500})
    aliases = read_aliases("auto", {"chr1": 500})
    table = read_annotation(path, {"chr1": 500}, aliases=aliases).transcripts
    assert table["chromosome"].tolist() == ["chr1"]
    assert "1 chromosome names are read by aliases: 1 as chr1" in caplog.text


def test_pairs_and_loops_are_read_by_aliases(tmp_path):
    sizes = write(tmp_path, "chr1\t100000\nchrM\t16569\n", "sizes")
    head = "## pairs format v1.0\n#chromsize: 1 100000\n#chromsize: MT 16569\n"
    head += "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2\n"
    pairs = write(tmp_path, head + "a\t1\t5001\t1\t45001\t+\t-\n", "a.pairs")
    out = tmp_path / "out.pairs.gz"
    verb = ["pairs", "--pairs", pairs, "--sample", "s", "--chrom-sizes", sizes, "--output", out]
    verb = [*map(str, verb), "--qc", str(tmp_path / "qc.tsv")]
    assert main(verb) == 1
    assert main([*verb, "--aliases", "auto"]) == 0
    with gzip.open(out, "rt") as handle:
        rows = [line.split("\t") for line in handle if not line.startswith("#")]
    assert [row[1:5] for row in rows] == [["chr1", "5001", "chr1", "45001"]]
    text = (
        "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tcount\n1\t5000\t10000\t1\t45000\t50000\t7\n"
    )
    loops = write(tmp_path, text, "l.bedpe")
    signal = tmp_path / "signal.tsv"
    verb = ["import-loops", "--table", f"s={loops}", "--chrom-sizes", sizes, "--output", signal]
    verb = list(map(str, verb))
    assert main(verb) == 1
    assert main([*verb, "--aliases", "auto"]) == 0
    assert signal.read_text().split("\n")[1].split("\t")[:2] == ["chr1", "5000"]


def names(*counts):
    return "".join(
        transcript(name, f"G{name}{i}", f"T{name}{i}", "+", (101, 200), gene_name=f"A{name}{i}")
        for name, count in counts
        for i in range(count)
    )


@pytest.mark.parametrize("order", [1, -1])
def test_most_of_the_annotation_is_not_lost_for_a_scaffold(tmp_path, order):
    counts = [("GL000220.1", 1), ("1", 1), ("2", 1), ("3", 1)][::order]
    path = write(tmp_path, names(*counts))
    sizes = {"chr1": 30000, "GL000220.1": 10000}
    with pytest.raises(InputError, match="Most of the annotation is lost: 3 of 4"):
        read_annotation(path, sizes)
    with pytest.raises(InputError, match="annotation"):
        require_common_name([n for n, _ in counts], sizes, "a", "g", lambda: count_names(path))
    accessions = {"NC_000001.11": 30000, "GL000220.1": 10000}
    with pytest.raises(InputError, match="Most of the annotation is lost") as caught:
        read_annotation(path, accessions)
    assert "table of aliases" in caught.value.fix


def test_a_genome_of_one_chromosome_takes_the_whole_annotation(tmp_path, caplog):
    path = write(tmp_path, names(("chr1", 9), ("chr2", 9), ("chr22", 1), ("chrM", 3)))
    assert len(read_annotation(path, {"chr22": 500}).transcripts) == 1
    assert "3 of 4 chromosomes of the annotation (21 of 22 transcripts)" in caplog.text
    require_common_name(["chr1", "chr22"], ["chr22"], "a", "g", lambda: count_names(path))
    # A mitochondrion under another name loses little.
    path = write(tmp_path, names(("chr1", 9), ("MT", 3)))
    assert len(read_annotation(path, {"chr1": 500, "chrM": 500}).transcripts) == 9
