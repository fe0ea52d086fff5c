"""Annotations written in a line each, for tests."""

from pathlib import Path

CODING = {"gene_biotype": "protein_coding", "transcript_biotype": "protein_coding"}


def gtf_line(chromosome, feature, start, end, strand, quote='"', **attributes):
    """A line of GTF; start and end as in GTF, 1-based and closed."""
    text = " ".join(f"{name} {quote}{value}{quote};" for name, value in attributes.items())
    return f"{chromosome}\tx\t{feature}\t{start}\t{end}\t.\t{strand}\t.\t{text}\n"


def transcript(chromosome, gene_id, name, strand, *exons, line=True, numbers=True, **more):
    """Lines of one transcript; exons from its 5' end."""
    about = {"gene_id": gene_id, "transcript_id": name, **more}
    span = min(e[0] for e in exons), max(e[1] for e in exons)
    lines = [gtf_line(chromosome, "transcript", *span, strand, **about)] if line else []
    for number, exon in enumerate(exons, 1):
        counted = {"exon_number": number} if numbers else {}
        lines.append(gtf_line(chromosome, "exon", *exon, strand, **about, **counted))
    return "".join(lines)


def write(folder: Path, text: str, name: str = "annotation") -> Path:
    """The text as a file."""
    path = folder / name
    path.write_text(text)
    return path
