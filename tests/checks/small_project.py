"""The files of a small project in which all is in order."""

import functools
import gzip
import random

SAMPLES = """sample\tcell_line\tassay\tassembly\tenzyme
R1\tLine\trna\ttoy\t
H1\tLine\thichip\ttoy\tMboI
"""
UNITS = """sample\tunit\tfq1\tfq2\tfragment_length\tfragment_sd\taccession\tpairs\texpression
R1\tlane1\tr_1.fq\tr_2.fq.gz\t\t\t\t\t
H1\tlane1\th_1.fq\th_2.fq.gz\t\t\t\t\t
"""
CONFIG = """samples: samples.tsv
units: units.tsv
assemblies:
  toy: {genome: g.fa, annotation: a.gtf}
"""
ANNOTATION = (
    'chr1\tx\texon\t1\t4\t.\t+\t.\tgene_id "G"; transcript_id "T"; gene_name "G"; '
    'gene_biotype "protein_coding";\n'
)


@functools.cache
def reads(mate: int, count: int = 2000) -> str:
    """FASTQ whose letters do not compress away; every tenth read has a junction of MboI."""
    draw = random.Random(mate)
    bases = ("".join(draw.choices("ACGT", k=50)) for _ in range(count))
    bases = (b if i % 10 else f"{b[:20]}GATCGATC{b[28:]}" for i, b in enumerate(bases))
    return "".join(f"@read{i}/{mate}\n{text}\n+\n{'I' * 50}\n" for i, text in enumerate(bases))


@functools.cache
def packed(mate: int) -> bytes:
    """The reads as gzip."""
    return gzip.compress(reads(mate).encode())
