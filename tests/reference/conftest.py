"""A small genome and annotation, and the real ones where they are present."""

import gzip
from pathlib import Path

import pytest

REAL = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data; skips where it is absent."""
    if not (REAL / "reference").is_dir():
        pytest.skip(f"real data absent ({REAL})")
    return REAL


@pytest.fixture(scope="session")
def real_genome(real_data, tmp_path_factory):
    """hg38 chr19 and chr22, unzipped, under UCSC's names."""
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    with open(path, "wb") as out:
        for name in ("chr19", "chr22"):
            with gzip.open(real_data / "reference" / f"hg38.{name}.fa.gz", "rb") as handle:
                handle.readline()
                out.write(f">{name}\n".encode())
                while block := handle.read(1 << 24):
                    out.write(block)
    return path


#: transcript, gene, strand, exons (0-based, half-open), biotype
TRANSCRIPTS = (
    ("NM_1", "PLUS", "+", ((100, 130), (150, 200)), "protein_coding"),
    ("NM_2", "PLUS", "+", ((90, 130),), "protein_coding"),
    ("NM_3", "MINUS", "-", ((300, 320), (350, 380), (390, 400)), "protein_coding"),
    ("NR_4", "QUIET", "-", ((420, 440),), "lncRNA"),
)


@pytest.fixture
def genome(tmp_path):
    """chr1 of 500 bp, seeded letters, and chr2 of 40."""
    import numpy as np

    rng = np.random.default_rng(1)
    path = tmp_path / "genome.fa"
    with open(path, "w") as handle:
        for name, size in (("chr1", 500), ("chr2", 40)):
            letters = "".join(rng.choice(list("ACGT"), size))
            lines = [letters[i : i + 50] for i in range(0, size, 50)]
            handle.write(f">{name} comment\n" + "\n".join(lines).lower() + "\n")
    return path


def gtf(ensembl: bool = False) -> str:
    """TRANSCRIPTS as GTF in GENCODE's or Ensembl's dialect."""
    kind = "biotype" if ensembl else "type"
    lines = ["#!comment"]
    for name, gene, strand, exons, biotype in TRANSCRIPTS:
        about = f'gene_id "ID_{gene}"; gene_name "{gene}"; gene_{kind} "{biotype}";'
        more = f' transcript_id "{name}"; transcript_{kind} "{biotype}"; note "a; b"; level 2;'
        more += ' tag "basic"; tag "MANE_Select";' if name == "NM_1" else ' tag "basic";'
        spans = [("transcript", exons[0][0], exons[-1][1])]
        spans += [("exon", start, end) for start, end in exons]
        if name != "NM_2":
            lines.append(_line("gene", *spans[0][1:], strand, about))
        lines += [_line(what, start, end, strand, about + more) for what, start, end in spans]
    return "\n".join(lines) + "\n"


def gff3() -> str:
    """TRANSCRIPTS as GFF3 in Ensembl's dialect."""
    lines = ["##gff-version 3"]
    genes = set()
    for name, gene, strand, exons, biotype in TRANSCRIPTS:
        span = exons[0][0], exons[-1][1]
        if gene not in genes:
            text = f"ID=gene:ID_{gene};Name={gene};biotype={biotype}"
            lines.append(_line("gene", *span, strand, text))
            genes.add(gene)
        text = f"ID=transcript:{name};Parent=gene:ID_{gene};biotype={biotype}"
        text += ";tag=basic,MANE_Select" if name == "NM_1" else ";tag=basic"
        lines.append(_line("mRNA", *span, strand, text))
        for start, end in exons:
            lines.append(_line("exon", start, end, strand, f"Parent=transcript:{name}"))
    return "\n".join(lines) + "\n"


def genepred(form: str) -> str:
    """TRANSCRIPTS as genePred, refGene (with or without bin), refFlat or the minimal table."""
    lines = []
    for name, gene, strand, exons, biotype in TRANSCRIPTS:
        start, end = exons[0][0], exons[-1][1]
        cds = (start, end) if biotype == "protein_coding" else (end, end)
        starts = "".join(f"{exon[0]}," for exon in exons)
        ends = "".join(f"{exon[1]}," for exon in exons)
        core = [name, "chr1", strand, start, end, *cds, len(exons), starts, ends]
        extended = [*core, 0, gene, "cmpl", "cmpl", "0," * len(exons)]
        fields = {
            "genePred": core,
            "refGene": [585, *extended],
            "refGene without bin": extended,
            "refFlat": [gene, *core],
            "minimal": [name, "chr1", strand, start, end, gene],
        }[form]
        lines.append("\t".join(map(str, fields)))
    return "\n".join(lines) + "\n"


def _line(what, start, end, strand, attributes):
    return f"chr1\tx\t{what}\t{start + 1}\t{end}\t.\t{strand}\t.\t{attributes}"


@pytest.fixture(params=["GENCODE", "Ensembl", "GFF3", "refGene", "refGene without bin", "refFlat"])
def annotation_file(request, tmp_path):
    """The same transcripts in each format that holds exons and symbols."""
    return write_annotation(request.param, tmp_path)


def write_annotation(form: str, folder: Path) -> Path:
    """Write TRANSCRIPTS in one format; the name tells nothing."""
    makers = {"GENCODE": gtf, "Ensembl": lambda: gtf(ensembl=True), "GFF3": gff3}
    path = folder / "annotation"
    path.write_text(makers[form]() if form in makers else genepred(form))
    return path


@pytest.fixture
def annotation_of(tmp_path):
    """Write the transcripts in the format named."""
    return lambda form: write_annotation(form, tmp_path)
