"""What the QC numbers of HiChIP mean: expected ranges, and a verdict per row in plain words.

The one home of these verdicts: pages and figures show what stands in the tables. The ranges
are rules of thumb for in-situ Hi-C and HiChIP (Lajoie, Dekker & Kaplan 2015; the ENCODE Hi-C
standards), wide on purpose: they name libraries to look at, and judge no biology.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

GOOD, LOOK, BAD = "good", "look", "bad"

#: Columns that `judge` adds.
JUDGED = ("expected", "verdict", "meaning")


@dataclass(frozen=True)
class Expectation:
    """What a metric counts and where it should lie.

    good : (lowest, highest) of the range that needs no look; None where that side is open.
    bad : (below, above) beyond which a value is bad; None where it is never worse than "look".
    low, high : what a value outside `good` suggests. unknown : why there may be no number, and
    the verdict where there is none.
    """

    meaning: str
    good: tuple[float | None, float | None] = (None, None)
    bad: tuple[float | None, float | None] = (None, None)
    low: str = ""
    high: str = ""
    unknown: str = ""
    without: str = ""

    @property
    def expected(self) -> str:
        """The good range in words; "" where there is none."""
        lowest, highest = self.good
        if lowest is not None and highest is not None:
            return f"{lowest:g} to {highest:g}"
        if lowest is not None:
            return f"at least {lowest:g}"
        return "" if highest is None else f"at most {highest:g}"

    def judge(self, value: float) -> tuple[str, str]:
        """(verdict, meaning) of `value`; the verdict is "" where no range is known."""
        if math.isnan(value) and self.unknown:
            return self.without, f"{self.meaning}; not known: {self.unknown}"
        if not self.expected or math.isnan(value):
            return "", self.meaning
        lowest, highest = (value if bound is None else bound for bound in self.good)
        below, above = (value if bound is None else bound for bound in self.bad)
        if lowest <= value <= highest:
            return GOOD, self.meaning
        side, words = ("low", self.low) if value < lowest else ("high", self.high)
        verdict = BAD if not below <= value <= above else LOOK
        return verdict, f"{self.meaning}; {side}: {words}"


#: Two experiments are never as alike as this, and one under two names is more so.
ALIKE = 0.99999
_NO_SCC = (
    "no distance has pairs enough in both maps; the library is too shallow, or its chromosomes \
are shorter than bins of hichip.scc_resolution"
)

#: In the order of the stage. Fractions lie between 0 and 1.
EXPECTATIONS = {
    "read_pairs": Expectation("sequenced read pairs", (1, None), (1, None), "there is no read"),
    "r1_full_junctions": Expectation("first mates with a whole ligation junction"),
    "r1_partial_junctions": Expectation("first mates whose end cuts a junction off"),
    "r2_full_junctions": Expectation("second mates with a whole ligation junction"),
    "r2_partial_junctions": Expectation("second mates whose end cuts a junction off"),
    "r1_trimmed_fraction": Expectation("first mates with a junction, of all"),
    "r2_trimmed_fraction": Expectation("second mates with a junction, of all"),
    "trimmed_fraction": Expectation(
        "reads with a junction, of all", (0.05, 0.9), (0.02, None),
        "few reads hold a junction: is the enzyme right, or were the reads trimmed before?",
        "nearly every read holds a junction: is the fragment length very short?",
        "no restriction enzyme cut the library, so there are no junctions to look for",
    ),
    "dropped_pairs": Expectation("pairs dropped as too short after trimming"),
    "written_pairs": Expectation("pairs long enough after trimming"),
    "pairs_to_mapping": Expectation("pairs given to the mapping"),
    "r1_unique": Expectation("first mates mapped to one place"),
    "r2_unique": Expectation("second mates mapped to one place"),
    "r1_multiple": Expectation("first mates mapped to several places"),
    "r2_multiple": Expectation("second mates mapped to several places"),
    "mapped_fraction": Expectation(
        "reads mapped anywhere, of those given to the mapping", (0.7, None), (0.4, None),
        "many reads do not map: is it the right genome, are there adapters or contaminants?",
    ),
    "unique_fraction": Expectation(
        "reads mapped to one place, of those given to the mapping", (0.5, None), (0.3, None),
        "few reads map uniquely: are they very short, or is it the wrong genome?",
    ),
    "both_unique": Expectation("pairs with both mates mapped to one place"),
    "dropped_chromosome": Expectation("of these, pairs on a chromosome that is left out (chrM)"),
    "dropped_chromosome_fraction": Expectation(
        "pairs on a chromosome that is left out, of those with both mates unique",
        (None, 0.2), (None, 0.5),
        high="many mitochondrial reads: the nuclei were not clean",
    ),
    "blacklisted": Expectation("of these, pairs with an end in a blacklisted region"),
    "blacklisted_fraction": Expectation(
        "pairs with an end in a blacklisted region, of those with both mates unique",
        (None, 0.1), (None, 0.3),
        high="many pairs are of regions where reads pile up: is the blacklist of this assembly?",
    ),
    "duplicates": Expectation("pairs equal to another in both positions and strands"),
    "duplicate_fraction": Expectation(
        "duplicates, of mapped pairs", (None, 0.5), (None, 0.8),
        high="the library is used up: deeper sequencing adds little",
    ),
    "cis_below_1kb": Expectation("distinct pairs on one chromosome, nearer than 1 kb"),
    "cis_1kb_to_20kb": Expectation("distinct pairs on one chromosome, 1 to 20 kb apart"),
    "cis_above_20kb": Expectation("distinct pairs on one chromosome, more than 20 kb apart"),
    "cis_above_20kb_fraction": Expectation(
        "cis pairs more than 20 kb apart, of distinct pairs", (0.2, None), (0.05, None),
        "few pairs are cis above 20 kb: loops have little to be called from",
    ),
    "trans": Expectation("distinct pairs between chromosomes"),
    "trans_fraction": Expectation(
        "pairs between chromosomes, of distinct pairs", (None, 0.5), (None, 0.7),
        high="many pairs join chromosomes: random ligation, or broken nuclei",
    ),
    "below_min_distance": Expectation("distinct cis pairs too close to be contacts, left out"),
    "below_min_distance_fraction": Expectation(
        "pairs too close to be contacts, of distinct pairs", (None, 0.6), (None, 0.8),
        high="much of the library was not cut or not ligated to other fragments",
    ),
    "dangling_ends": Expectation("of these, mates that point inwards (not ligated)"),
    "dangling_fraction": Expectation(
        "dangling ends, of distinct pairs", (None, 0.3), (None, 0.6),
        high="many fragments were not ligated: look at fill-in and ligation",
    ),
    "self_circles": Expectation("of these, mates that point outwards (ligated to themselves)"),
    "self_circle_fraction": Expectation(
        "self-circles, of distinct pairs", (None, 0.1), (None, 0.3),
        high="many fragments were ligated to themselves: was the ligation too dilute?",
    ),
    "short_chromosome_fraction": Expectation(
        "pairs within one short chromosome that is not left out, of distinct pairs",
        (None, 0.1), (None, 0.3),
        high="is it the mitochondrion? name it in hichip.drop_chromosomes; the log has its name",
    ),
    "valid_pairs": Expectation("pairs that become contacts", (1, None), (1, None), "none is left"),
    "valid_fraction": Expectation(
        "valid pairs, of sequenced pairs", (0.1, None), (0.02, None),
        "little of the sequencing became contacts: the rows above say where it went",
    ),
    # Of the replicates of a cell line.
    "replicates": Expectation("HiChIP samples whose contact maps are compared"),
    "replicate_scc": Expectation(
        "the lowest stratum-adjusted correlation between its replicates (HiCRep)",
        (0.6, ALIKE), (0.3, ALIKE),
        "the replicates' contact maps differ: is one much shallower, or another experiment?",
        "the replicates' contact maps are the same: are they one library under two names?",
        _NO_SCC, LOOK,
    ),
    "scc_to_others": Expectation(
        "the highest with a sample of another cell line", unknown=_NO_SCC
    ),
    "scc_margin": Expectation(
        "how much more alike the replicates are than samples of different cell lines",
        (0, None), (-0.1, None),
        "replicates are no more alike than different cell lines: were samples swapped?",
        unknown=_NO_SCC,
    ),
    # Of the loops of a cell line.
    "contacts": Expectation("pairs of anchors with at least one PET", (1, None), (1, None), "none"),
    "contacts_trans": Expectation("of these, between chromosomes"),
    "loops": Expectation("contacts called as loops", (1, None), low="the row reason says why"),
    "lambda0": Expectation("mean PETs that are not of distance, contacts that are no loops"),
    "lambda1": Expectation("mean PETs that are not of distance, loops"),
    "pets_background": Expectation("mean PETs of contacts that are no loops, at all distances"),
    "pets_loops": Expectation("mean PETs of loops at the same distances"),
    "pets_ratio": Expectation(
        "PETs of loops over those of other contacts at the same distances", (3, None), (1.5, None),
        "loops and background coincide, as in a plain Hi-C library: there may be nothing to call",
    ),
    "chains": Expectation("independent chains of the sampler"),
    "chains_left_out": Expectation("chains in a less likely mode, which are not averaged"),
    "kept_iterations": Expectation("iterations averaged, per chain"),
    **{
        f"rhat_{rate}": Expectation(
            f"agreement of the chains, or of the halves of one, on {rate} (R-hat; 1 is best)",
            (None, 1.05), (None, 1.2),
            high="the chains, or the halves of one, disagree: run more iterations "
            "(loops.iterations)",
            unknown="too few iterations were kept to compare them (loops.iterations), or there "
            "was nothing to sample", without=LOOK,
        )
        for rate in ("lambda0", "lambda1")
    },
    "rhat_confidence_max": Expectation(
        "the largest R-hat of a contact's confidence", (None, 1.05), (None, 1.2),
        high="the chains, or the halves of one, disagree on some contacts: run more iterations "
        "(loops.iterations)",
        unknown="one chain cannot tell; loops.chains of 2 or more can",
    ),
    # Of the caller coverage, and of both.
    "peaks": Expectation("anchors that are peaks"),
    "pairs_tested": Expectation("pairs of anchors that could have met, with PETs or without"),
    "contacts_tested": Expectation("of these, those with PETs"),
    "contacts_beyond_chance": Expectation("contacts left out of the second fit of the background"),
    "coverage_power": Expectation(
        "the power of the coverages' product with which expected PETs go (1: in proportion)"
    ),
    "smallest_q": Expectation("the smallest false discovery rate of a contact"),
    "loops_origami": Expectation("loops that Origami calls"),
    "loops_coverage": Expectation("loops that the caller coverage calls"),
    "loops_both": Expectation("loops that both call"),
    "loops_jaccard": Expectation("loops that both call, of those that either calls"),
    "reason": Expectation("why there is little or nothing to call, if so"),
}  # fmt: skip


def judge(
    table: pd.DataFrame, expectations: Mapping[str, Expectation] = EXPECTATIONS
) -> pd.DataFrame:
    """`table` (columns metric, value) with the columns expected, verdict, meaning.

    verdict is good, look or bad where the metric has an expected range, else "".
    """
    unknown = Expectation("")
    rows = []
    for metric, value in zip(table["metric"], table["value"], strict=True):
        expectation = expectations.get(metric, unknown)
        number = pd.to_numeric(value, errors="coerce")
        rows.append((expectation.expected, *expectation.judge(float(number))))
    return table.assign(**dict(zip(JUDGED, zip(*rows, strict=True), strict=True)))
