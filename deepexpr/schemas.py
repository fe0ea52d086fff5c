"""Columns, types and units of every table that passes between stages, once.

All coordinates are 0-based and half-open; `tss` is the 0-based position of the
first transcribed base. Tables are TSV with a header line, read by `deepexpr.files.read`.
"""

from dataclasses import dataclass
from typing import Literal, SupportsIndex, overload

#: "name": text that is kept letter by letter, so that 001, 24.10, NA and nan are names. "words":
#: text that may be absent (empty, or NA). "number": whole or not, NA or nan where there is none.
Kind = Literal["name", "words", "number"]


@dataclass(frozen=True)
class Column:
    """One column: what stands in it, and in which unit (empty: a plain count, share or text)."""

    name: str
    kind: Kind = "number"
    unit: str = ""


def _known() -> dict[str, Column]:
    groups: tuple[tuple[Kind, str, str], ...] = (
        ("name", "", "gene family transcript sample cell_line trained_on assembly chromosome"
         " chromosome1 chromosome2 strand strand1 strand2 biotype role name metric task scheme"
         " method query target target_name engine orientation consensus motif motif_name effect"
         " base step filter widths item run"),
        ("words", "", "reason expected verdict meaning"),
        ("number", "bp", "tss start end start1 end1 start2 end2 distance position tss_distance"),
        ("number", "PETs", "count normalised"),
        ("number", "log2(1 + PETs)", "signal"),
        ("number", "reads", "reads depth1 depth2"),
        ("number", "bits", "information_content"),
    )  # fmt: skip
    return {
        name: Column(name, kind, unit) for kind, unit, names in groups for name in names.split()
    }


#: Columns whose name means the same in every table. A name that is not here is a number in the
#: tables below, and what pandas makes of it in others.
KNOWN = _known()


class Table(tuple[str, ...]):
    """The names of a table's columns, in their order; `columns` has their kinds and units."""

    columns: tuple[Column, ...]

    def __new__(cls, *columns: str | Column) -> "Table":
        full = tuple(c if isinstance(c, Column) else KNOWN.get(c, Column(c)) for c in columns)
        table = super().__new__(cls, (column.name for column in full))
        table.columns = full
        return table

    @overload
    def __getitem__(self, key: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, key: slice) -> "Table": ...
    def __getitem__(self, key):
        """A name, or for a slice the table of those columns."""
        return Table(*self.columns[key]) if isinstance(key, slice) else super().__getitem__(key)

    def __getnewargs__(self) -> tuple[Column, ...]:
        return self.columns


#: One row per gene, symbols unique. strand is "+" or "-".
GENES = Table("gene", "chromosome", "tss", "strand", "transcript", "biotype")

#: One row per transcript: the map from kallisto's target to the gene.
TRANSCRIPTS = Table("transcript", "gene", "chromosome", "strand", "start", "end", "biotype")

#: expression.tsv and counts.tsv: "gene", then one column per cell line or sample.
EXPRESSION_KEY = "gene"

#: Contacts between two anchors: chromosome1 <= chromosome2, start1 <= start2; count in PETs.
CONTACTS = Table("chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "count")

#: Reads (mate ends) in each anchor.
DEPTH = Table("chromosome", "start", "end", "reads")

#: BEDPE of all tested contacts. score = round(1000 * confidence); distance in bp between anchor
#: midpoints (-1 for trans); loop is 1 where the contact is called a loop.
LOOPS = Table(
    "chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "name", "score",
    "strand1", "strand2", "count", "confidence", "depth1", "depth2", "distance", "loop",
)  # fmt: skip

#: Loops of one cell line with their normalised counts; further columns `count.{sample}`.
#: normalised = mean over replicates of n_ij / N_i * min N; signal = log2(1 + normalised).
SIGNAL = Table(
    "chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "normalised", "signal",
)  # fmt: skip

#: QC of one HiChIP sample, long form: what was counted, its value, the expected range in words,
#: the verdict ("good", "look", "bad"; empty for plain counts) and what it means in plain words.
QC = Table("sample", "metric", Column("value", "words"), "expected", "verdict", "meaning")

#: The same of the loops of one cell line; the value of `reason` is text.
LOOP_QC = QC[1:]

#: One row per pair of HiChIP samples of an assembly: stratum-adjusted correlation of their contact
#: maps (NaN where there is none), over so many chromosomes; replicates is 1 within a cell line.
CONCORDANCE = Table(
    Column("sample1", "name"), Column("sample2", "name"), Column("cell_line1", "name"),
    Column("cell_line2", "name"), "replicates", "scc", "chromosomes",
)  # fmt: skip

#: One row per loop of either of two cell lines: mean of the scaled PETs; log2 of the second line
#: over the first with its standard error; p-value and false discovery rate (NaN where not tested);
#: genes whose promoter an anchor overlaps, and the mean change of their log10 expression.
DIFFERENTIAL = Table(
    "chromosome1", "start1", "end1", "chromosome2", "start2", "end2",
    Column("mean", unit="PETs"), Column("log2_change", unit="log2"), Column("error", unit="log2"),
    "p_value", "q_value", Column("genes", "words"), Column("expression_change", unit="log10"),
)  # fmt: skip

#: One row per fold x gene; role is "train", "validation" or "test"; fold is 0..K-1.
SPLITS = Table("fold", "gene", "role")

#: One row per gene: its family (the name of one of its genes) and how many genes that has.
FAMILIES = Table("gene", "family", "genes")

#: Pairs of orthologues of two assemblies, of which one has the gene at least; relation is
#: "one-to-one" or "several".
ORTHOLOGUES = Table(
    Column("assembly1", "name"), Column("gene1", "name"), Column("assembly2", "name"),
    Column("gene2", "name"), Column("relation", "name"),
)  # fmt: skip

#: One row per gene predicted by networks of another assembly: its orthologue there (one-to-one),
#: its standing ("one-to-one", "none", "several" or "family"), and the fold whose networks predict
#: it; NA where none does.
SPECIES_GENES = Table("gene", Column("orthologue", "words"), Column("standing", "name"), "fold")

#: One row per test gene. trained_on = cell_line, or the comma-joined others for cross-cell-line.
#: observed: label (+1/-1) or log10 expression; predicted: P(+1) or log10 expression.
PREDICTIONS = Table(
    "cell_line", "trained_on", "task", "scheme", "method", "K", "fold", "gene", "observed",
    "predicted",
)  # fmt: skip

#: The step whose epochs are rounds of boosted trees: all are grown, and some kept.
TREES = "trees"
#: How a fold's recipe (bundle.json) says that its filters are where they started.
UNTRAINED = "layers beside them not trained"
#: Training, one row per epoch; losses in units of the (scaled) target.
HISTORY = Table("fold", "member", "step", "epoch", "loss", "val_loss")

#: One row per cell line x task x method x K x fold. metric is "AUC" or "PCC"; p_value is that of
#: the two-tailed t test of r (PCC only); n counts test genes; reason says why value is missing.
METRICS = Table(
    "cell_line", "trained_on", "task", "scheme", "method", "K", "fold", "metric", "value",
    "p_value", "n", "reason",
)  # fmt: skip

#: TomTom hits, one row per query x target. offset and overlap in columns of the matrices;
#: orientation "+" or "-"; e_value = p_value * number of targets.
TOMTOM = Table(
    "query", "target", "target_name", "offset", "orientation", "overlap", "p_value", "e_value",
    "q_value",
)  # fmt: skip

#: One row per first-layer filter. sites = active windows, share of all windows; fired 0/1;
#: information_content in bits (NA where not fired); eav = the largest possible activation.
FILTERS = Table(
    "filter", "fold", "sites", "fired", "share", "information_content", "consensus", "eav",
)  # fmt: skip

#: Known-motif share, one row: queries, how many have a target at the E-value, and the mean over
#: the null's repeats of the same count for column-shuffled queries (NA where no null was made).
TOMTOM_SUMMARY = Table(
    "queries", "matched", "matched_shuffled_mean", "matched_shuffled_max", "shuffles", "e_value",
    "targets", Column("distance", "name"), "engine",
)  # fmt: skip

#: CisModule's motifs, best first. sites = expected number; gain = log likelihood lost without the
#: motif, cost = what its matrix costs; supported 0/1; chains_agreeing of chains found it too.
CISMODULE_MOTIFS = Table(
    "motif", "consensus", "width", "sites", "gain", "cost", "supported", "chains",
    "chains_agreeing",
)  # fmt: skip

#: CisModule's trace, one row per chain x iteration (schemas of its BED files are BED6).
CISMODULE_TRACE = Table(
    "chain", "iteration", "log_posterior", "modules", "sites", "module_length", "widths",
)  # fmt: skip

#: Attribution along one promoter: position 0 is the first letter of the gene-oriented sequence,
#: tss_distance its distance to the TSS; attribution in units of the model's output.
ATTRIBUTION = Table("gene", "position", "tss_distance", "base", "attribution", "folds_sd")

#: Known motifs at high attribution: start, end in the promoter; score = log2 odds of the match.
ATTRIBUTION_HITS = Table(
    "gene", "start", "end", "orientation", "motif", "motif_name", "score", "p_value", "attribution",
)  # fmt: skip

#: Motifs pooled from stretches of high attribution. effect "raises" or "lowers" the prediction;
#: seqlets pooled, of so many promoters; mean_attribution of a window, in units of the prediction.
#: false_discovery: of the effect's seqlets, as measured on dinucleotide-shuffled promoters.
ATTRIBUTION_MOTIFS = Table(
    "motif", "effect", "consensus", "width", "seqlets", "promoters", "mean_attribution",
    "information_content", "false_discovery",
)  # fmt: skip

#: What each distal bin adds to the prediction; start, end on the genome (0-based, half-open).
BIN_ATTRIBUTION = Table(
    "gene", "bin", "chromosome", "start", "end", "signal", "attribution", "folds_sd",
)  # fmt: skip

#: What each contacted place adds, beside bins that stay: middle of its anchor on the genome
#: (0-based), signal log2(1 + normalised count), attention from 0 to 1, mean over folds.
PLACE_ATTRIBUTION = Table(
    "gene", "slot", "chromosome", "middle", "tss_distance", "signal", "attention", "attribution",
    "folds_sd",
)  # fmt: skip

#: One row per alternate allele of a VCF x promoter that it lies in: start, end of the reference
#: allele as the VCF writes it; tss_distance in the gene's orientation, negative upstream; both
#: predictions and their difference (alternate less reference) in units of the prediction, with its
#: standard deviation over folds, strands and shifts of the window; percentile among random variants
#: of the same promoters; known motifs that match one allele only, joined by |.
VARIANTS = Table(
    "chromosome", "start", "end", Column("id", "name"), Column("reference", "name"),
    Column("alternate", "name"), "gene", "strand", "tss_distance", "predicted_reference",
    "predicted_alternate", Column("effect"), "folds_sd", "strands_sd", "shifts_sd", "percentile",
    Column("made", "words"), Column("broken", "words"),
)  # fmt: skip

#: The same of contacted places (variant enhancers), a row for each gene whose contact it is: start,
#: end on the genome of what is read of the place; the contact's normalised count, and the distance
#: from the TSS to the middle of its anchor, in the gene's orientation.
PLACE_VARIANTS = Table(
    *VARIANTS.columns[:8], Column("place_start", unit="bp"), Column("place_end", unit="bp"),
    "count", "distance", *VARIANTS.columns[9:],
)  # fmt: skip

#: Files that accessions stand for (deepexpr.downloads.records). bytes is NA where not known;
#: part of parts: the mates of one part belong together. What the archive itself says of mates
#: stands last, and earlier versions did not write it.
DOWNLOADS = Table(
    Column("accession", "name"), Column("series", "words"), Column("sample", "words"),
    Column("title", "words"), Column("experiment", "words"), Column("strategy", "words"),
    Column("replicate", "words"), Column("run", "words"), "part", "parts", "mate",
    Column("url", "name"), Column("md5", "words"), Column("bytes", unit="B"),
    Column("paired_end", "words"), Column("paired_with", "words"),
)  # fmt: skip

TASKS = ("classification", "regression")
NETWORK_KINDS = ("full", "sequence", "hichip")
CLASSIFIERS = ("logistic_regression", "svm", "random_forest", "ridge", "trees", "totals")
REGRESSORS = ("linear_regression", "lasso", "random_forest", "ridge", "trees", "totals")

#: Baselines of cell lines with HiChIP only: loop totals, and trees, which are ridge without loops.
NEED_LOOPS = ("trees", "totals")

#: Across cell lines: the other lines' measured expression as the prediction.
COPY = "copy"

#: Names shown in figures; keys are the methods' names in tables.
METHOD_LABELS = {
    "full": "DeepExpression",
    "sequence": "DeepExpression-seq",
    "hichip": "HiChIP only",
    "logistic_regression": "Logistic regression",
    "svm": "SVM",
    "random_forest": "Random forest",
    "linear_regression": "Linear regression",
    "lasso": "Lasso",
    "ridge": "Ridge on words and loops",
    "trees": "Trees on words and loops",
    "totals": "Loop totals",
    "copy": "Measured in the others",
}
