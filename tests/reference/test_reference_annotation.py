"""Every annotation format gives the same transcripts and exons."""

import gzip
import logging

import pytest

from deepexpr.errors import InputError
from deepexpr.reference.annotation import read_annotation, sniff
from deepexpr.reference.chromosomes import check_chromosomes, natural_key, restrict_chromosomes
from deepexpr.reference.genes import select_genes

EXPECTED = {
    "NM_1": ("PLUS", "chr1", "+", 100, 200),
    "NM_2": ("PLUS", "chr1", "+", 90, 130),
    "NM_3": ("MINUS", "chr1", "-", 300, 400),
    "NR_4": ("QUIET", "chr1", "-", 420, 440),
}
COLUMNS = ["gene", "chromosome", "strand", "start", "end"]


def rows(annotation):
    table = annotation.transcripts.set_index("transcript")[COLUMNS]
    return {name: tuple(row) for name, row in zip(table.index, table.to_numpy(), strict=True)}


def test_every_format_gives_the_same_transcripts(annotation_file):
    annotation = read_annotation(annotation_file)
    assert rows(annotation) == EXPECTED
    table = annotation.transcripts.set_index("transcript")
    coding = table["gene_biotype"] == "protein_coding"
    assert coding.to_dict() == {"NM_1": True, "NM_2": True, "NM_3": True, "NR_4": False}
    exons = annotation.exons[annotation.exons["transcript"] == "NM_3"]
    assert exons[["start", "end"]].to_numpy().tolist() == [[300, 320], [350, 380], [390, 400]]


@pytest.mark.parametrize("form", ["GENCODE", "GFF3"])
def test_canonical_tag_is_read(annotation_of, form):
    table = read_annotation(annotation_of(form)).transcripts.set_index("transcript")
    assert table["canonical"].to_dict() == {"NM_1": 1, "NM_2": 0, "NM_3": 0, "NR_4": 0}


def test_minimal_table_has_no_exons(annotation_of):
    annotation = read_annotation(annotation_of("minimal"))
    assert rows(annotation) == EXPECTED
    assert annotation.exons.empty
    assert set(select_genes(annotation.transcripts)["gene"]) == {"PLUS", "MINUS"}


def test_plain_genepred_uses_its_names_as_genes(annotation_of):
    table = read_annotation(annotation_of("genePred")).transcripts
    assert (table["gene"] == table["transcript"]).all()


def test_gzip_is_told_by_content(annotation_of):
    path = annotation_of("GENCODE")
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert sniff(path) == "GTF"
    assert rows(read_annotation(path)) == EXPECTED


def test_transcripts_made_of_exons_alone(annotation_of):
    path = annotation_of("GENCODE")
    lines = [line for line in path.read_text().splitlines() if "\texon\t" in line]
    path.write_text("\n".join(lines))
    assert rows(read_annotation(path)) == EXPECTED


@pytest.mark.parametrize("form", ["Ensembl", "GFF3", "refGene"])
def test_chromosomes_named_by_numbers_stay_text(annotation_of, form):
    path = annotation_of(form)
    path.write_text(path.read_text().replace("chr1", "1"))
    annotation = read_annotation(path, {"1": 500}, "genome.fa")
    assert set(annotation.transcripts["chromosome"]) == {"1"}
    assert set(select_genes(annotation.transcripts)["chromosome"]) == {"1"}


def test_biotype_by_coding_sequence_where_none_is_stated(tmp_path):
    line = 'chr1\tx\t{}\t11\t20\t.\t+\t.\tgene_id "{}"; transcript_id "{}.t";\n'
    path = tmp_path / "a.gtf"
    path.write_text(
        line.format("exon", "A", "A") + line.format("CDS", "A", "A") + line.format("exon", "B", "B")
    )
    table = read_annotation(path).transcripts.set_index("transcript")
    assert table["gene_biotype"].to_dict() == {"A.t": "protein_coding", "B.t": "non_coding"}


def test_an_accession_at_several_places_is_kept_once(tmp_path):
    path = tmp_path / "a.tsv"
    places = ["chr6_alt1", "chrY", "chrX", "chr1_random"]
    path.write_text("".join(f"NM_1\t{name}\t+\t5\t9\tG\n" for name in places))
    assert read_annotation(path).transcripts["chromosome"].tolist() == ["chrX"]
    sizes = {"chr6_alt1": 50}
    assert read_annotation(path, sizes).transcripts["chromosome"].tolist() == ["chr6_alt1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n", "The format of the annotation is not known."),
        ("#only a comment\n", "The format of the annotation is not known."),
        ("NM_1\tchr1\t+\t5\t9\tG\nNM_2\tchr1\t+\t9\t5\tG\n", "The line is not genePred."),
        ("NM_1\tchr1\t+\t1\t9\t1\t9\t2\t1,\t9,\n", "The line is not genePred."),
        (
            'chr1\tx\texon\t5\t9\t.\t+\t.\ttranscript_id "A";\nchr1\tx\texon\t9\t5\t.\t+\t.\tx\n',
            "The line is not GTF.",
        ),
        ('chr1\tx\tCDS\t5\t9\t.\t+\t.\tgene_id "A";\n', "no gene, transcript or exon lines"),
        ('chr1\tx\texon\t5\t9\t.\t+\t.\tgene_id "A";\n', "No line of the GTF has a transcript_id."),
        ("##gff-version 3\nchr1\tx\tregion\t5\t9\t.\t+\t.\tID=a\n", "holds no transcript"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, message):
    path = tmp_path / "annotation"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_annotation(path)


def test_names_that_disagree_come_with_a_hint(annotation_of):
    with pytest.raises(InputError, match="One of the two writes chr1 and the other 1"):
        read_annotation(annotation_of("GENCODE"), {"1": 1000}, "genome.fa")
    with pytest.raises(InputError, match="accession names need renaming"):
        read_annotation(annotation_of("GENCODE"), {"NC_000001.11": 1000}, "genome.fa")


def test_another_build_is_recognised_by_its_ends(annotation_of):
    with pytest.raises(InputError, match="chr1 of 430 bp") as caught:
        read_annotation(annotation_of("refGene"), {"chr1": 430}, "genome.fa")
    assert "NR_4" in caught.value.problem


def test_absent_chromosomes_are_counted(annotation_of, caplog):
    path = annotation_of("minimal")
    path.write_text(path.read_text() + "NM_9\tchrZ\t+\t5\t9\tG\n")
    with caplog.at_level(logging.WARNING):
        table = read_annotation(path, {"chr1": 500}, "genome.fa").transcripts
    assert "1 of 2 chromosomes of the annotation (1 of 5 transcripts)" in caplog.text
    assert len(table) == 4
    assert len(read_annotation(path, {"chr1": 500}, keep_all=True).transcripts) == 5


def test_restrict_chromosomes_names_the_unknown(annotation_of):
    table = read_annotation(annotation_of("minimal")).transcripts
    assert len(restrict_chromosomes(table, ["chr1"])) == 4
    with pytest.raises(InputError, match="No transcript is on chr7"):
        restrict_chromosomes(table, ["chr7"])
    check_chromosomes(table, {"chr1": 500}, "a", "g")


def test_natural_order():
    names = ["chrUn_1", "chrM", "chr10", "chr2", "chrX", "chrY", "chr1_alt", "chr1"]
    ordered = sorted(names, key=natural_key)
    assert ordered[:3] == ["chr1", "chr2", "chr10"]
    assert ordered.index("chrX") < ordered.index("chrY") < ordered.index("chr1_alt")


def test_symbols_of_the_papers_counts_are_found(real_data):
    """16,745 of 17,899 symbols on hg19 and 18,175 of 18,745 on mm9."""
    for assembly, line, names, matched in (
        ("hg19", "K562", 17899, 16745),
        ("mm9", "mES", 18745, 18175),
    ):
        annotation = read_annotation(real_data / "reference" / f"{assembly}_refGene.min.tsv.gz")
        with gzip.open(real_data / "expression" / f"rna_{line}.txt.gz", "rt") as handle:
            symbols = {text.split("\t")[0] for text in handle}
        genes = select_genes(annotation.transcripts, biotypes=["any"])
        assert (len(symbols), len(symbols & set(genes["gene"]))) == (names, matched)
