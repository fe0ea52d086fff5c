"""Put real data of K562, Jurkat and HCT116 where this configuration looks for them.

    python config/k562-real/prepare.py ../shared/data resources/k562-real

The first folder holds the data as they were collected: hg38 chr19 and chr22 as FASTA, transcripts
cut from UCSC refGene, the paper's counts per gene, K562's H3K27ac HiChIP loops (cLoops2). They
are copied as they are, but for the genome: the two chromosomes are joined under UCSC's names.
Needs Python only.
"""

import gzip
import os
import shutil
import sys
from pathlib import Path

CHROMOSOMES = {
    name: f"reference/hg38.{name}.fa.gz" for name in ("chr19", "chr22")
}  # one of them calls its sequence 19
COPIES = {
    "refGene.tsv.gz": "reference/hg38_refGene.min.tsv.gz",
    "rna_K562.txt.gz": "expression/rna_K562.txt.gz",
    "rna_Jurkat.txt.gz": "expression/rna_Jurkat.txt.gz",
    "rna_HCT116.txt.gz": "expression/rna_HCT116.txt.gz",
    "loops_K562.txt.gz": "loops/k562_h3k27ac_hichip_specific_hg38.txt.gz",
}


def main(data: Path, output: Path) -> int:
    """Copy what is not there yet; say what is missing."""
    needed = [data / path for path in [*CHROMOSOMES.values(), *COPIES.values()]]
    missing = [path for path in needed if not path.is_file()]
    if missing:
        print(f"The data for k562-real are not in {data}:", file=sys.stderr)
        print(*(f"  no {path}" for path in missing), sep="\n", file=sys.stderr)
        print("Name their folder: make k562 DATA=/path/to/data", file=sys.stderr)
        return 1
    output.mkdir(parents=True, exist_ok=True)
    for name, source in COPIES.items():
        _place(output / name, lambda target, source=source: shutil.copyfile(data / source, target))
    _place(output / "genome.fa", lambda target: _join(data, target))
    return 0


def _place(path: Path, make) -> None:
    """Make `path` if it is absent, whole or not at all."""
    if not path.exists():
        partial = path.with_name(f".{path.name}.partial")
        make(partial)
        os.replace(partial, path)


def _join(data: Path, path: Path) -> None:
    with open(path, "wb") as genome:
        for name, source in CHROMOSOMES.items():
            with gzip.open(data / source, "rb") as handle:
                handle.readline()
                genome.write(f">{name}\n".encode())
                shutil.copyfileobj(handle, genome)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: prepare.py DATA OUTPUT")
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
