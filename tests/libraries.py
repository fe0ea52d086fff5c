"""FASTQ files of made-up libraries: plain letters, or every tenth read with a junction."""

import functools
import gzip
import random

GENES = 60


@functools.cache
def _letters(seed: str, number: int) -> str:
    return "".join(random.Random(seed).choices("ACGT", k=number))


def reads(name: str, mate: int, junction: str = "", count: int = 550, header: str = "") -> str:
    """Reads called `name`.0, 1, ...; `header` stands behind the name of each."""
    letters = _letters(f"{name} {mate} {junction}", 50 * count)
    text = []
    for i in range(count):
        bases = letters[50 * i : 50 * i + 50]
        if junction and i % 10 == 0:
            bases = f"{bases[:20]}{junction}{bases[20 + len(junction) :]}"
        text.append(f"@{name}.{i}{header}\n{bases}\n+\n{'I' * 50}\n")
    return "".join(text)


def write(path, name, mate, **more):
    """One FASTQ file, gzipped where its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = reads(name, mate, **more)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode(), 1))
    else:
        path.write_text(text)


def pair(folder, names, called, **more):
    """Two files of mates; `called` is what their reads are called."""
    for mate, name in enumerate(names, 1):
        write(folder / name, called, mate, **more)


def reference(folder, annotated="chr1", biotype=' gene_biotype "protein_coding";'):
    """genome.fa and genes.gtf of GENES genes; `annotated`: what the GTF calls chr1."""
    (folder / "genome.fa").write_text(f">chr1\n{_letters('genome', 300_000)}\n")
    lines = []
    for i in range(GENES):
        start = 3000 + i * 4000
        names = f'gene_id "G{i}"; transcript_id "T{i}"; gene_name "G{i}";{biotype}'
        lines.append(f"{annotated}\tx\texon\t{start}\t{start + 500}\t.\t+\t.\t{names}\n")
    (folder / "genes.gtf").write_text("".join(lines))


def two_spellings(folder, last=3500):
    """Genome of 19 and chr22, annotation of chr19 and chr22; `last` : an end on chr19."""
    genome = _letters("genome", 300_000)
    (folder / "genome.fa").write_text(f">19\n{genome}\n>chr22\n{genome[::-1]}\n")
    lines = (folder / "genes.gtf").read_text().replace("\t3500\t", f"\t{last}\t").splitlines()
    half = len(lines) // 2 + 5
    named = [line.replace("chr1", "chr19" if i < half else "chr22") for i, line in enumerate(lines)]
    (folder / "genes.gtf").write_text("\n".join(named) + "\n")
