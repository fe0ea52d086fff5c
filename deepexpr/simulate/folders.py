"""What the simulator writes, so that it replaces folders of its own alone."""

import json
from collections.abc import Collection
from pathlib import Path

from deepexpr.errors import InputError
from deepexpr.simulate.settings import (
    CELL_LINES,
    ORTHOLOGUES,
    SPECIES,
    Settings,
    species_files,
    table_files,
)

#: Names in truth/ (demo.write_truth, and that of the two species' rate).
_TRUTH = (
    "expression.tsv", "loops.tsv", "tf_weights.tsv", "promoter_motifs.tsv", "enhancer_motifs.tsv",
    "enhancers.bed", "motifs.meme", "motifs.tsv", "settings.json", "species.json",
)  # fmt: skip
#: The one that says who made the folder. Snakemake does not remove it before a rule runs again.
MARK = "truth/settings.json"
_READS = tuple(
    f"reads/{line}_{assay}_{replicate}_R{mate}.fastq.gz"
    for line in CELL_LINES
    for assay in ("rna", "hichip")
    for replicate in range(1, Settings().replicates + 1)
    for mate in (1, 2)
)


def demo_files() -> list[str]:
    """What `simulate` writes, and indexes of its genome."""
    return _with_truth(["genome.fa", "annotation.gtf", *_READS])


def active_files() -> list[str]:
    """The same of `simulate_active_sites`."""
    return _with_truth(_relative(table_files("")))


def two_species_files() -> list[str]:
    """The same of `simulate_species`."""
    tables = _relative(species_files(""))
    return [ORTHOLOGUES, *(f"{s}/{f}" for s in SPECIES for f in active_files()), *tables]


def refuse_foreign_folder(
    output: Path, own: Collection[str], marks: Collection[str] = (MARK,)
) -> None:
    """Replacing a folder deletes it: do so only with what the simulator made.

    own : every file that may be there, relative to `output`. marks : those of them that say that
    the simulator made it. Empty folders that lead to such files pass, as Snakemake makes them.
    Raises InputError where there is anything else.
    """
    if not output.exists():
        return
    found = sorted(output.rglob("*")) if output.is_dir() else [output]
    folders = {str(parent) for file in own for parent in Path(file).parents}
    files = [p for p in found if p.is_symlink() or not p.is_dir()]
    known = {output / name for name in own}
    foreign = [p for p in files if p not in known]
    foreign += [p for p in found if p not in files and str(p.relative_to(output)) not in folders]
    if files and not foreign and not all(_is_ours(output / mark) for mark in marks):
        foreign = files
    if foreign:
        raise InputError(
            "The output folder holds other files, which would be deleted.",
            where=str(output),
            expected="a new or empty folder, or one that simulate made, with its "
            + " and ".join(marks),
            found=", ".join(str(p.relative_to(output.parent)) for p in foreign[:5]),
            fix="Give --output another folder.",
        )


def _is_ours(path: Path) -> bool:
    try:
        about = json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and {"deepexpr", "seed", "scale", "settings"} <= set(about)


def _with_truth(files: list[str]) -> list[str]:
    indexes = [f"genome.fa.{ending}" for ending in ("fai", "gzi")]
    return [*files, *indexes, *(f"truth/{name}" for name in _TRUTH)]


def _relative(files: list[str]) -> list[str]:
    return [file.lstrip("/") for file in files]
