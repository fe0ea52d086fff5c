"""Cut the distal anchors of the strongest loops out of the genome."""

import logging

from deepexpr.motifs.sections import EnhancerSection
from deepexpr.options import Arguments, given
from deepexpr.settings import Field

logger = logging.getLogger(__name__)


class EnhancerSettings(EnhancerSection):
    """How many distal anchors, how wide, and what is distal."""

    promoter_reach: int = Field(1000, ge=0)
    """A promoter is the TSS ± this (bp; paper: 1,000)."""


OPTIONS = """
--signal TSV    loops with their signal (verb signal)
--genome FASTA  plain or bgzip
[--genes TSV]   gene table: anchors at a promoter are left out, and the other anchor of the loop
                must be at one (default: all anchors count)
[--peaks BED]   BED or narrowPeak of accessible places: each anchor is cut to its highest peak, and
                anchors without one are left out
--output FASTA  named chr:start-end
[--bed BED]     also write the regions as BED6
"""
SETTINGS = EnhancerSettings
FLAGS = {"enhancers": "--number", "enhancer_width": "--width"}


def run(args: Arguments) -> None:
    from deepexpr.files import read, writing
    from deepexpr.motifs import enhancers
    from deepexpr.motifs.beds import read_peaks, write_bed6
    from deepexpr.reference.fasta import open_genome, write_fasta
    from deepexpr.reference.genes import read_genes
    from deepexpr.schemas import SIGNAL

    settings = given(args, EnhancerSettings)
    signal = read(SIGNAL, args.signal)
    genes = read_genes(args.genes) if args.genes else None
    regions = enhancers.distal_anchors(signal, genes, settings.promoter_reach)
    if args.peaks:
        regions = enhancers.trim_to_peaks(regions, read_peaks(args.peaks))
    regions = regions.head(settings.enhancers)
    if regions.empty:
        why = "no loop has a distal anchor" if len(signal) else "there is no loop"
        check = "; check that loops, genes and peaks are of one genome build" if len(signal) else ""
        logger.warning("%s: %s, so no enhancer is written%s", args.signal, why, check)
        for path in filter(None, (args.output, args.bed)):
            with writing(path):
                pass
        return
    if settings.enhancer_width:
        regions = enhancers.trim_to_width(regions, settings.enhancer_width)
    with open_genome(args.genome) as genome:
        found = enhancers.fetch_sequences(regions, genome)
    records = zip(found["name"], [""] * len(found), found["sequence"], strict=True)
    write_fasta(records, args.output)
    if args.bed:
        share = found["signal"] / max(found["signal"].max(), 1e-12)
        write_bed6(found.assign(probability=share, strand="."), args.bed)
