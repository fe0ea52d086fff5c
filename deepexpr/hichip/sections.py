"""Settings of HiChIP reads, contacts and loops; rules hand their values over."""

from typing import Any, Literal, Self

from pydantic import model_validator

from deepexpr.errors import InputError
from deepexpr.settings import Field, RuleError, Section


class TrimSection(Section):
    """Cutting reads at their ligation junction."""

    min_length: int = Field(20, ge=1)
    """Shortest read kept after trimming (bp), with its mate."""
    min_trimmed_fraction: float = Field(0.02, ge=0, lt=1)
    """Fraction of reads holding a whole junction, beyond chance, below which the run stops."""


class PairSection(Section):
    """Which pairs are left out."""

    min_distance: int = Field(1000, ge=0)
    """Cis pairs closer than this are dangling ends or self-circles (bp)."""
    drop_chromosomes: tuple[str, ...] = ("chrM", "MT")
    """Chromosomes whose pairs are dropped."""


class ContactSection(Section):
    """Which pairs are contacts."""

    max_distance: int = Field(2_000_000, ge=1)
    """Largest distance between the anchors of a contact (bp)."""
    resolution: int = Field(5000, ge=100)
    """Size of the fixed anchors (bp)."""


class ConcordanceSection(Section):
    """How alike the contact maps of samples are (HiCRep's stratum-adjusted correlation)."""

    scc_resolution: int = Field(40_000, ge=1000)
    """Bins of the maps that are compared (bp)."""
    scc_smoothing: int = Field(5, ge=0, le=20)
    """Half width of the mean filter, in bins (HiCRep: 5 at 40 kb, 11 at 25 kb, 20 at 10 kb)."""
    scc_distance: int = Field(2_000_000, ge=1)
    """Largest distance of the contacts that are compared (bp)."""


class HichipSection(ConcordanceSection, ContactSection, PairSection, TrimSection):
    """HiChIP reads to contacts."""

    bowtie_options: str = "-n 1 -M 1 --best --strata"
    """Options of bowtie 1. -M 1 keeps the same unique reads as -m 1, which would leave reads out of
    the SAM and break the mates' order."""
    anchors: str | None = None
    """Anchors of the contacts: null for fixed bins, a BED of peaks, or macs to call peaks from the
    pairs of each cell line."""
    macs_options: str = "--nomodel --extsize 147 --keep-dup all -q 0.01"
    """Options of macs3 callpeak with anchors: macs; pairs are free of duplicates already."""
    keep_trimmed: bool = False
    """Keep the trimmed reads as FASTQ; else bowtie reads them as they come and none are written."""
    mcool: bool = False
    """Also write each sample's pairs as .mcool for HiGlass; needs cooler."""

    @model_validator(mode="after")
    def _mates_keep_their_order(self) -> Self:
        if "-m" in self.bowtie_options.split():
            raise RuleError(
                "bowtie's option -m leaves reads out of its output, so mates lose their order.",
                where="bowtie_options",
                found=self.bowtie_options,
                fix="Write -M 1 in place of -m 1: the same reads count as unique.",
            )
        return self


class SamplerSection(Section):
    """Origami's loop model and how long it is sampled."""

    mode: Literal["hichip", "chiapet"] = "hichip"
    """Prior of the model."""
    iterations: int = Field(10_000, ge=2)
    """Gibbs iterations after burn-in."""
    burn_in: int = Field(100, ge=0)
    """Iterations thrown away first."""
    chains: int = Field(4, ge=1)
    """Independent chains of the sampler, run at the same time and averaged; how well they agree
    (R-hat) is in the log and in qc.tsv."""
    stop_when_converged: bool = False
    """Stop before the last iteration once all R-hat are below 1.01; needs two chains."""

    @model_validator(mode="after")
    def _chains_tell(self) -> Self:
        if self.stop_when_converged and self.chains < 2:
            raise RuleError(
                "One chain cannot tell whether it has converged.",
                where="stop_when_converged",
                expected="at least 2 chains",
                found=str(self.chains),
                fix="Set chains to 2 or more, or stop_when_converged to false.",
            )
        return self


class CutoffSection(Section):
    """Which contacts are loops."""

    confidence: float = Field(0.9, ge=0, lt=1)
    """A contact is a loop above this posterior; of the caller coverage above 1 minus its q-value,
    so that 0.9 is a false discovery rate of 0.1; of both where both are above it."""


class TakenSection(Section):
    """Which of two callers is taken."""

    loops_of: Literal["both", "origami", "coverage"] = "both"
    """With caller: both, whose calls are the loops: what both call, or all of one, with the other
    beside it in the QC, the table of contacts and figure `callers`."""


class CallSection(TakenSection, CutoffSection, SamplerSection):
    """What calling loops takes."""

    caller: str = "origami"
    """Who calls loops: origami, coverage or both (modules of deepexpr/hichip/callers/), or a
    module of another package."""
    caller_settings: dict[str, Any] = Field({})
    """Settings of the caller that are no key here, such as thin, trans and count_cap of origami,
    pairs, peaks and peak_depth of coverage."""

    @model_validator(mode="after")
    def _caller_takes_its_settings(self) -> Self:
        from deepexpr.hichip.callers import caller_settings

        try:
            caller_settings({name: getattr(self, name) for name in CallSection.model_fields})
        except InputError as error:
            key = str(error.where).partition("key ")[2]
            raise RuleError(
                error.problem,
                where="caller" if error.where == "loops.caller" else f"caller_settings.{key}",
                expected=error.expected, found=error.found, fix=error.fix,
            ) from error  # fmt: skip
        return self


class SignalSection(Section):
    """The normalised signal."""

    total_metric: Literal["read_pairs", "valid_pairs"] = "read_pairs"
    """N_i of the normalisation."""


class DifferentialSection(Section):
    """Cell lines whose loops are compared."""

    differential: tuple[str, ...] = ()
    """Two cell lines with replicates each, as FIRST:SECOND; loops are tested for a change from the
    first to the second."""


def compared_lines(text: str) -> tuple[str, ...]:
    """The cell lines of a FIRST:SECOND of `differential`; two where it is sound."""
    return tuple(text.split(":"))


class LoopSection(DifferentialSection, SignalSection, CallSection):
    """Origami's loop model and the normalised signal."""
