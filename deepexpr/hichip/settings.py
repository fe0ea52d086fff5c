"""Settings of the verbs trim, pairs and contacts: those of the configuration, and what it lacks."""

from deepexpr.hichip.sections import ContactSection, PairSection, TrimSection
from deepexpr.settings import Field


class TrimSettings(TrimSection):
    """What to trim and when to stop; the fraction is of all reads of both mates."""

    enzyme: str
    """Enzyme or kit (MboI, HindIII, Arima of two enzymes, Arima2 of four ...) or site with its cut
    marked by ^, several separated by commas, e.g. ^GATC,G^ANTC; none or MNase where no restriction
    enzyme cut."""
    threads: int = Field(1, ge=1)
    """More than 1: (de)compress each file in a thread."""


class PairSettings(PairSection):
    """What to leave out. Chromosomes that the genome lacks are fine: not every assembly has a
    mitochondrion."""

    min_mapq: int | None = Field(None, ge=0, le=255)
    """Reads of lower mapping quality count as multi-mapped (none given: by the aligner that a BAM
    names; 1 where it names none, and for mapq1, mapq2 of .pairs)."""


class ContactSettings(ContactSection):
    """Distances are between the anchors' midpoints; `resolution` is for anchors that are bins."""

    keep_trans: bool = False
    """Keep contacts between chromosomes (they never become loops)."""
