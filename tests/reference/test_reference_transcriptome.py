"""Spliced transcripts, and given ones checked by name."""

import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.letters import reverse_complement
from deepexpr.reference.annotation import read_annotation
from deepexpr.reference.fasta import chromosome_sizes, read_fasta
from deepexpr.reference.transcriptome import (
    check_transcript_names,
    match_identifiers,
    spliced_transcripts,
)
from deepexpr.schemas import TRANSCRIPTS


def test_verb_splices_both_strands(genome, annotation_file, tmp_path):
    out, table = tmp_path / "t.fa", tmp_path / "t.tsv"
    options = ["--genome", str(genome), "--annotation", str(annotation_file)]
    assert main(["transcriptome", *options, "--output", str(out), "--table", str(table)]) == 0
    chromosome, spliced = read_fasta(genome)["chr1"].upper(), read_fasta(out)
    assert spliced["NM_1"] == chromosome[100:130] + chromosome[150:200]
    expected = chromosome[300:320] + chromosome[350:380] + chromosome[390:400]
    assert spliced["NM_3"] == reverse_complement(expected)
    assert set(read_table(table, TRANSCRIPTS)["transcript"]) == set(spliced)


def test_verb_checks_given_transcripts(genome, annotation_of, tmp_path, capsys):
    fasta, table = tmp_path / "cdna.fa", tmp_path / "t.tsv"
    fasta.write_text(">NM_1.4 x\nACGT\n>NM_3|ENSG|x\nACGT\n>OTHER\nACGT\n")
    options = ["--genome", str(genome), "--annotation", str(annotation_of("minimal"))]
    options += ["--transcripts-fasta", str(fasta), "--table", str(table)]
    copy = tmp_path / "copy.fa"
    assert main(["transcriptome", *options, "--output", str(copy)]) == 0
    assert read_fasta(copy) == read_fasta(fasta)
    assert len(read_table(table, TRANSCRIPTS)) == 4
    log = capsys.readouterr().err
    assert "2 of 3 transcripts of the FASTA are in the annotation" in log
    assert "1 of 3 transcripts of the FASTA are not in the annotation" in log
    assert "2 of 4 transcripts of the annotation are not in the FASTA" in log


def test_table_alone_needs_no_exons(genome, annotation_of, tmp_path, capsys):
    options = ["--genome", str(genome), "--annotation", str(annotation_of("minimal"))]
    assert main(["transcriptome", *options, "--table", str(tmp_path / "t.tsv")]) == 0
    assert len(read_table(tmp_path / "t.tsv", TRANSCRIPTS)) == 4
    assert main(["transcriptome", *options]) == 2
    assert "Nothing is to be written." in capsys.readouterr().err


def test_names_of_another_source_are_an_error(annotation_of, tmp_path):
    fasta = tmp_path / "cdna.fa"
    fasta.write_text(">ENST1.1\nACGT\n")
    table = read_annotation(annotation_of("minimal")).transcripts
    with pytest.raises(InputError, match="No transcript of the FASTA is in the annotation") as e:
        check_transcript_names(fasta, table, "a.gtf")
    assert "ENST1.1" in e.value.found
    assert "NM_1" in e.value.expected


def test_annotation_without_exons_cannot_be_spliced(genome, annotation_of):
    annotation = read_annotation(annotation_of("minimal"))
    with pytest.raises(InputError, match="no exons"):
        list(spliced_transcripts(annotation, genome))


@pytest.mark.parametrize(
    ("name", "known", "match"),
    [
        ("A", ["A"], "A"),
        ("A.1", ["A.1", "A.2"], "A.1"),
        ("A.3", ["A.1"], "A.1"),
        ("A", ["A.1"], "A.1"),
        ("A.1", ["A"], "A"),
        ("A.1|G.2|x", ["A.1"], "A.1"),
        ("A.1_PAR_Y", ["A.1", "A.2_PAR_Y"], "A.2_PAR_Y"),
        ("B", ["A"], None),
        ("Y53F4B.2", ["Y53F4B.2"], "Y53F4B.2"),
        ("F54D7.9", ["F54D7.2", "F54D7.7"], None),
        ("Y1.9", ["Y1.2", "F54D7.2", "F54D7.7"], None),
        ("ZK1.3.1", ["F54D7.2", "F54D7.7", "ZK1.3"], "ZK1.3"),
        ("ENST1.4", ["ENST1.3", "F54D7.2", "F54D7.7"], "ENST1.3"),
        ("ENST2.7", ["ENST2"], "ENST2"),
        ("ENST1.4_PAR_Y", ["ENST1.3", "ENST1.3_PAR_Y"], "ENST1.3_PAR_Y"),
    ],
)
def test_identifiers_match_but_for_versions(name, known, match):
    assert match_identifiers([name], known) == ({} if match is None else {name: match})


def test_two_names_of_one_stem_are_no_versions():
    assert match_identifiers(["A.1", "A.2"], ["A.3"]) == {}


def test_spliced_transcripts_equal_ensembls(real_data, real_genome):
    """Every transcript of one name and version has Ensembl's cDNA, to the letter."""
    folder = real_data / "reads" / "rna"
    cdna = read_fasta(folder / "Homo_sapiens.GRCh38.cdna.all.chr19_ERCC_phix.fa.gz")
    annotation = read_annotation(
        folder / "gencodeV24pri-tRNAs-ERCC-phiX_onlychr19_and_spikeins.gtf.gz",
        chromosome_sizes(real_genome),
        str(real_genome),
    )
    spliced = {name: text for name, _, text in spliced_transcripts(annotation, real_genome)}
    shared = spliced.keys() & cdna.keys()
    assert len(shared) > 11000
    assert [name for name in shared if spliced[name] != cdna[name].upper()] == []
