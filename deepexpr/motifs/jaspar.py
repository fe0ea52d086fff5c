"""JASPAR's motifs, from the releases that ``pyjaspar`` carries: nothing is downloaded."""

import importlib.util
import logging
from pathlib import Path

import numpy as np

from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme
from deepexpr.features.motif import Motif
from deepexpr.letters import LETTERS

logger = logging.getLogger(__name__)


def load_jaspar(release: str = "JASPAR2018", tax_group: str | None = "vertebrates") -> list[Motif]:
    """CORE motifs of one JASPAR release, latest version of each matrix, sorted by name.

    JASPAR 2018 CORE vertebrates, the release that the paper compared with, holds 579.
    `tax_group` None takes all groups. Raises InputError for an unknown release or an
    empty selection.
    """
    from pyjaspar import jaspardb

    require_release(release)
    database = jaspardb(release=release)
    try:
        found = database.fetch_motifs(
            collection=["CORE"], tax_group=[tax_group] if tax_group else None
        )
    finally:
        database.conn.close()
    if not found:
        raise InputError(
            f"{release} has no motif in collection CORE, group {tax_group}.",
            expected='e.g. the group "vertebrates"',
        )
    motifs = [_from_biopython(record) for record in found]
    logger.info("%s CORE %s: %d motifs", release, tax_group or "all groups", len(motifs))
    return sorted(motifs, key=lambda motif: motif.name)


def require_release(release: str) -> None:
    """Raise InputError where `release` is not one of JASPAR's.

    The package's folder is read, not its code: importing it takes a tenth of a second, at every
    start of the pipeline. Where the package is absent, every name passes.
    """
    package = importlib.util.find_spec("pyjaspar")
    if package is None:
        return
    folder = Path(package.submodule_search_locations[0]) / "data"  # type: ignore[index]  # a package has places
    releases = sorted(path.stem for path in folder.glob("JASPAR*.sqlite"))
    if release not in releases:
        raise InputError(
            f"The JASPAR release {release!r} is not known.",
            expected="one of " + ", ".join(releases) + ", or a MEME file",
            fix="Name one of these releases, or give the path of a file in MEME format.",
        )


def is_release(text: str) -> bool:
    """Whether `text` names a JASPAR release (e.g. "JASPAR2018") and not a file."""
    return text.upper().startswith("JASPAR") and text[6:].isdigit()


def load_targets(text: str, tax_group: str | None = "vertebrates") -> list[Motif]:
    """Known motifs by the name of a JASPAR release (CORE, `tax_group`) or of a MEME file."""
    return load_jaspar(text, tax_group) if is_release(text) else read_meme(text)


def _from_biopython(record) -> Motif:
    counts = np.array([record.counts[letter] for letter in LETTERS], dtype=np.float64).T
    # A factor's name may hold blanks or be a heterodimer ("Gata1::Tal1"); MEME takes no blanks.
    return Motif.from_counts(record.matrix_id, "_".join(str(record.name).split()), counts)
