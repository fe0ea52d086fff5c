"""Put ten thousand real promoters, expression and loops where this configuration looks for them.

    python config/human/prepare.py ../shared/data resources/human

The first folder holds the data as they were collected: promoters of EPDnew in hg38, counts of
K562, Jurkat and HCT116 as published with the method, GM12878's expression of Roadmap, H3K27ac
HiChIP loops of K562 and GM12878 (cLoops2), expression in 130 samples of the Human Protein Atlas,
and known motifs of JASPAR. Genes with 1,500 known letters or more and a value in
all four lines. Loops become bins here, since no genome is at hand to look them up in. Needs the
project's environment.

The file `done` beside the outputs holds the checksums of this script and of what it read and
wrote: where any of these differs, all is made again, and files whose bytes stay the same keep
their time, so that a run goes on where it was.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError, raise_all
from deepexpr.expression.gene_tables import read_gene_counts
from deepexpr.features.bins import loop_bins
from deepexpr.features.meme_format import read_meme
from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.files import (
    atomic_directory,
    non_negative,
    read,
    reading,
    require_file,
    write_table,
    writing,
)
from deepexpr.hichip.bedpe import ANCHORS
from deepexpr.model.samples import LEAST_KNOWN
from deepexpr.provenance import sha256_file
from deepexpr.schemas import Column, Table

PROMOTERS = "promoters/promoters_2kb_epd_hg38.tsv.gz"
ROADMAP = "expression/roadmap_GM12878_HUVEC_K562.tsv.gz"
COUNTS = {line: f"expression/rna_{line}.txt.gz" for line in ("K562", "Jurkat", "HCT116")}
LOOPS = {line: f"loops/{line.lower()}_h3k27ac_hichip_hg38.bedpe.gz" for line in ("K562", "GM12878")}
SAMPLES = "expression/hpa_130_samples.tsv.gz"
MOTIFS = "tomtom/jaspar2018_core_vertebrates.meme"
INPUTS = (PROMOTERS, ROADMAP, *COUNTS.values(), *LOOPS.values(), SAMPLES, MOTIFS)

LETTERS, TSS_INDEX, MIN_LETTERS = 2000, 1000, 1500
#: The data hold 8,256; with fewer than these something is wrong, or nothing can be learnt.
LEAST_GENES = 1000
#: Share of the genes on chromosomes with loops, below which the table of loops was cut.
LEAST_REACHED = 0.5
STAMP = "done"
AGAIN = "Copy or download the data again, whole."


def main(data: Path, output: Path, least: int = LEAST_GENES) -> int:
    """Make what is not there, or was made of other data; 1 and a message where data are unsound.

    least : so few genes are refused.
    """
    try:
        needed = _checksums(data, INPUTS) | {"prepare.py": sha256_file(__file__)}
        if _is_made(output, needed):
            return 0
        # Beside the outputs and not among them: where data are unsound nothing old is touched.
        with atomic_directory(output / "new") as folder:
            genes = make(data, folder, least)
        _replace(output / "new", output, needed)
    except InputError as error:
        print(f"prepare.py: error: {error}", file=sys.stderr)
        return 1
    print(f"{genes} genes in {output}")
    return 0


def make(data: Path, folder: Path, least: int) -> int:
    """Write the tables and arrays into `folder`; the number of genes. Raises InputError."""
    values, genes = expression(data), promoters(data)
    candidates = len(genes)
    genes = genes[genes["gene"].isin(values.index)].reset_index(drop=True)
    if len(genes) < least:
        raise InputError(
            f"Only {len(genes)} genes have a promoter and a value in all four cell lines.",
            where=str(data),
            expected=f"{least} genes or more",
            found=f"{candidates} genes with promoters, {len(values)} with values in all lines",
            fix="See that the tables are whole, and name genes by symbols such as GATA1.",
        )
    for line in values:
        with writing(folder / f"rna_{line}.tsv") as handle:
            values.loc[genes["gene"], line].to_csv(handle, sep="\t", header=False)
    write_table(genes[["gene", "chromosome", "tss", "strand"]], folder / "places.tsv")
    for line, path in LOOPS.items():
        np.save(folder / f"bins_{line}.npy", bins(genes, data / path))
    write_table(samples(data, genes["gene"]), folder / "samples.tsv")
    read_meme(data / MOTIFS)  # refused where it is none
    shutil.copyfile(data / MOTIFS, folder / "motifs.meme")
    letters = one_hot(encode_bytes(genes["sequence"].tolist())).astype(np.uint8)
    np.save(folder / "promoters.npy", letters)
    return len(genes)


def promoters(data: Path) -> pd.DataFrame:
    """gene, chromosome, strand, tss (0-based) and 2,000 letters, the TSS at index 1,000."""
    names = ("gene", "assembly", "chromosome", "strand", "tss", "promoter", "known", "sequence")
    table = _positional(data / PROMOTERS, names, "table of promoters")
    for column in ("tss", "known"):
        table[column] = _whole(table, column, data / PROMOTERS)
    sound = table["sequence"].str.fullmatch(f"[ACGTN]{{{LETTERS}}}")
    sound &= table["strand"].isin(["+", "-"]) & (table["assembly"] == "hg38")
    if not sound.all():
        row = int((~sound).to_numpy().argmax())
        cells = table.iloc[row]
        raise InputError(
            f"{int((~sound).sum())} row(s) of the table of promoters are not as they should be.",
            where=f"{data / PROMOTERS}, row {row + 1}",
            expected=f"assembly hg38, strand + or -, and {LETTERS} letters of A, C, G, T, N",
            found=f"{cells['assembly']}, {cells['strand']}, {len(cells['sequence'])} letters",
            fix=AGAIN,
        )
    return table[table["known"] >= MIN_LETTERS].drop_duplicates("gene").sort_values("gene")


def expression(data: Path) -> pd.DataFrame:
    """Counts (RPKM of GM12878) by gene and line, genes with a value in each."""
    columns = {line: read_gene_counts(data / path) for line, path in COUNTS.items()}
    symbol, value = "Abbreviation", "GM12878_E116"
    roadmap = read(Table(Column(symbol, "words"), Column(value)), data / ROADMAP)
    roadmap = roadmap.drop_duplicates(symbol).dropna(subset=[symbol, value])
    logarithms = non_negative(
        roadmap[value].set_axis(roadmap[symbol]),
        f"{value} are no log10(RPKM + 1)",
        f"{data / ROADMAP}, line",
        AGAIN,
        lines=[int(row) + 2 for row in roadmap.index],
    )
    columns["GM12878"] = 10**logarithms - 1
    return pd.DataFrame(columns).dropna().rename_axis("gene")


def samples(data: Path, genes: pd.Series) -> pd.DataFrame:
    """gene, then log10(TPM + 1) in each sample of the Protein Atlas, of the genes that it knows in
    all (NA where not).

    Roadmap's table says which symbol an Ensembl gene has.
    """
    path = data / SAMPLES
    names = Table(Column("ENSEMBL_ID", "words"), Column("Abbreviation", "words"))
    symbol = read(names, data / ROADMAP).drop_duplicates("Abbreviation")
    symbol = symbol.drop_duplicates("ENSEMBL_ID").set_index("ENSEMBL_ID")["Abbreviation"]
    table = read(Table(Column("GeneID", "words")), path, rest="name")
    table = table[~(table == "NA").any(axis=1)]
    lines, values = [int(row) + 2 for row in table.index], {}
    for name in table.columns[1:]:
        tpm = non_negative(table[name], f"{name} are no TPM", f"{path}, line", AGAIN, lines)
        values[name] = np.log10(1 + tpm)
    result = pd.DataFrame(values).assign(gene=table["GeneID"].map(symbol))
    result = result[result["gene"].isin(genes)].drop_duplicates("gene")
    if len(result) < LEAST_KNOWN * len(genes):
        raise InputError(
            f"The samples know {len(result)} of the {len(genes)} genes.",
            where=str(path),
            expected="values of half of them or more, by the Ensembl names of Roadmap's table",
            found=f"{len(table)} genes, such as {', '.join(table['GeneID'][:1])}",
            fix=AGAIN,
        )
    return result[["gene", *values]].sort_values("gene")


def bins(genes: pd.DataFrame, path: Path) -> np.ndarray:
    """float32 (genes, 400), log2(1 + loops): each loop counts 1, as the tables have no counts."""
    loops = _positional(path, (*ANCHORS, "kind"), "table of loops")[ANCHORS]
    for column in ("start1", "end1", "start2", "end2"):
        loops[column] = _whole(loops, column, path)
    try:
        binned, _, number = loop_bins(genes, loops.assign(normalised=1.0))
    except InputError as error:
        raise error.of(str(path), "loops") from error
    reached = genes["chromosome"].isin(set(loops["chromosome1"])).mean()
    if not number.any() or reached < LEAST_REACHED:
        raise InputError(
            f"{int((number > 0).sum())} of {len(genes)} genes have a loop, and {reached:.0%} of "
            "them lie on chromosomes that have any.",
            where=str(path),
            expected="loops of all chromosomes, in hg38",
            found=f"{len(loops)} loops, the first {' '.join(map(str, loops.iloc[0]))}",
            fix=AGAIN,
        )
    return binned


def _whole(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    """A column of text as int64; InputError names the first that is no whole number from 0 on."""
    text = table[column].where(table[column].str.fullmatch(r"\d+"))
    what = f"the column {column} are no whole numbers"
    return non_negative(text, what, f"{path}, row", AGAIN).astype(np.int64)


def _positional(path: Path, names: tuple[str, ...], what: str) -> pd.DataFrame:
    """A table without header as text, its columns called `names`. Raises InputError."""
    with reading(path, what) as handle:
        rows = [line.rstrip("\r\n").split("\t") for line in handle if line.strip()]
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(names)), None)
    if wrong is not None or not rows:
        raise InputError(
            f"The {what} does not have {len(names)} columns." if rows else f"The {what} is empty.",
            where=f"{path}, row {(wrong or 0) + 1}",
            expected=f"tab-separated {', '.join(names)}",
            found=f"{len(rows[wrong])} columns" if wrong is not None else "no row",
            fix=AGAIN,
        )
    return pd.DataFrame(rows, columns=list(names))


def _checksums(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of these files by name; InputError names all that are missing or empty."""
    problems = []
    for name in names:
        try:
            require_file(folder / name, "file of config/human's data")
        except InputError as error:
            problems.append(error.or_else("Name the data's folder: make human DATA=/path/to/data"))
    raise_all(problems)
    return {name: sha256_file(folder / name) for name in names}


def _is_made(output: Path, needed: dict[str, str]) -> bool:
    """Whether the outputs are whole, and were made of inputs with these checksums."""
    try:
        stamp = json.loads((output / STAMP).read_text())
        made = stamp["outputs"]
        return stamp["inputs"] == needed and _checksums(output, made) == made
    except (OSError, ValueError, TypeError, KeyError, InputError):
        return False


def _replace(new: Path, output: Path, needed: dict[str, str]) -> None:
    """Move what differs from `new` into `output`, and the stamp of all behind it."""
    (output / STAMP).unlink(missing_ok=True)
    names = sorted(path.name for path in new.iterdir())
    for name in names:
        old = output / name
        if old.is_file() and filecmp.cmp(new / name, old, shallow=False):
            (new / name).unlink()
        else:
            os.replace(new / name, old)
    new.rmdir()
    stamp = {"inputs": needed, "outputs": _checksums(output, names)}
    with writing(output / STAMP) as handle:
        json.dump(stamp, handle, indent=1)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: prepare.py DATA OUTPUT")
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
