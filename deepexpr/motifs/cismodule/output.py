"""The files of one CisModule run, written together or not at all."""

from pathlib import Path

from deepexpr.features.meme_format import write_meme
from deepexpr.files import atomic_directory, write_table
from deepexpr.motifs.beds import write_bed6
from deepexpr.motifs.cismodule.summary import CismoduleResult


def write_result(result: CismoduleResult, folder: str | Path) -> None:
    """Write motifs.meme (supported motifs), motifs.tsv (all), sites.bed, modules.bed, trace.tsv."""
    with atomic_directory(folder) as temporary:
        write_meme(result.supported, temporary / "motifs.meme")
        write_table(result.table, temporary / "motifs.tsv")
        write_bed6(result.sites, temporary / "sites.bed")
        write_bed6(result.modules, temporary / "modules.bed")
        write_table(result.trace, temporary / "trace.tsv")
