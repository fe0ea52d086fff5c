"""Mates to valid pairs with a full account of what was dropped (docs/method.md, section 2.3).

Order of the filters: both mates uniquely mapped; none on a dropped chromosome, none in a
blacklisted region; duplicates out; then cis pairs closer than `min_distance`, which are uncut or
self-ligated fragments and not contacts. Every number goes to the QC table; only valid pairs go to
the file.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import atomic_path, read_table
from deepexpr.hichip.bam_mates import MateCounts, PairBatch, read_mates
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.pair_store import PairStore, SortedPairs
from deepexpr.hichip.pairs_format import PairsReader, PairsWriter
from deepexpr.hichip.quality import judge
from deepexpr.hichip.regions import Lookup, Regions
from deepexpr.hichip.settings import PairSettings
from deepexpr.schemas import QC

log = logging.getLogger(__name__)

#: Borders of the classes of cis pairs in bp (docs/method.md, section 2.3).
SHORT, LONG = 1_000, 20_000
#: bp below which a chromosome may be an organelle's (most mitochondria of animals: 17 kb, plants'
#: and fungi's up to some 700 kb), and the share of distinct pairs from which it is told.
SHORT_CHROMOSOME, SUSPICIOUS_SHARE = 1_000_000, 0.1


@dataclass
class PairCounts:
    """Pairs by fate; the classes are of pairs without duplicates.

    blacklisted : None where there is no blacklist; within : distinct pairs within each chromosome
    (by index); small_fraction : of distinct pairs, those within the short chromosome that holds
    most, where that is suspicious, else 0.
    """

    dropped_chromosome: int = 0
    blacklisted: int | None = None
    duplicates: int = 0
    distinct: int = 0
    cis_short: int = 0
    cis_middle: int = 0
    cis_long: int = 0
    trans: int = 0
    too_close: int = 0
    dangling_ends: int = 0
    self_circles: int = 0
    valid: int = 0
    within: dict[int, int] = field(default_factory=dict)
    small_fraction: float = 0.0

    def add(self, pairs: SortedPairs, min_distance: int) -> np.ndarray:
        """Count `pairs` and return which of them are valid: (n,) bool."""
        n = len(pairs.position1)
        self.duplicates += pairs.duplicates
        self.distinct += n
        if pairs.chromosome1 != pairs.chromosome2:
            self.trans += n
            self.valid += n
            return np.ones(n, bool)
        self.within[pairs.chromosome1] = self.within.get(pairs.chromosome1, 0) + n
        distance = pairs.position2 - pairs.position1
        below, above = int((distance < SHORT).sum()), int((distance > LONG).sum())
        self.cis_short += below
        self.cis_long += above
        self.cis_middle += n - below - above
        close = distance < min_distance
        self.too_close += int(close.sum())
        # position1 <= position2, so +- points inwards and -+ outwards.
        inwards = (pairs.reverse1 == 0) & (pairs.reverse2 == 1)
        outwards = (pairs.reverse1 == 1) & (pairs.reverse2 == 0)
        self.dangling_ends += int((close & inwards).sum())
        self.self_circles += int((close & outwards).sum())
        self.valid += n - int(close.sum())
        return ~close


def pairs_from_bams(
    bams: Sequence[tuple[str | Path, str | Path]],
    chromosomes: Chromosomes,
    output: str | Path,
    settings: PairSettings,
    blacklist: Regions | None = None,
) -> tuple[MateCounts, PairCounts]:
    """Join the mates of each (BAM 1, BAM 2), one couple per lane, and write valid pairs.

    Lanes are of one library: duplicates are found across them. Pairs are 1-based, flipped to
    the upper triangle, sorted. Raises InputError as `read_mates` does.
    """
    mates = MateCounts()
    batches = (
        batch
        for couple in bams
        for batch in read_mates(couple, chromosomes, mates, settings.min_mapq)
    )
    counts = _write_pairs(batches, chromosomes, output, settings, blacklist)
    log.info("%d pairs mapped, %d with both mates unique", mates.pairs, mates.both_unique)
    return mates, counts


def pairs_from_pairs(
    paths: Sequence[str | Path],
    chromosomes: Chromosomes | None,
    output: str | Path,
    settings: PairSettings,
    blacklist: Regions | None = None,
) -> tuple[MateCounts, PairCounts]:
    """Filter, sort and deduplicate .pairs files of other tools, in any order of pairs.

    `chromosomes` must be those of every header; None takes the first file's.
    """
    mates = MateCounts()
    if chromosomes is None:
        with PairsReader(paths[0]) as first:
            chromosomes = first.chromosomes
    least = 1 if settings.min_mapq is None else settings.min_mapq
    batches = (b for path in paths for b in _renumbered(path, chromosomes, mates, least))
    return mates, _write_pairs(batches, chromosomes, output, settings, blacklist)


def qc_table(
    sample: str, trim_stats: pd.DataFrame | None, mates: MateCounts, counts: PairCounts
) -> pd.DataFrame:
    """The QC of one sample: columns of schemas.QC; fractions lie between 0 and 1.

    `read_pairs` is the number of sequenced pairs: of `trim_stats` (metric -> value, as of
    `sum_trim_stats`) where known, else of pairs that came in.
    """
    rows: dict[str, float] = {"read_pairs": mates.pairs}
    if trim_stats is not None:
        rows = dict(zip(trim_stats["metric"], trim_stats["value"], strict=True))
    rows |= {
        "pairs_to_mapping": mates.pairs,
        "r1_unique": mates.unique[0],
        "r2_unique": mates.unique[1],
        "r1_multiple": mates.multiple[0],
        "r2_multiple": mates.multiple[1],
        "mapped_fraction": _fraction(sum(mates.unique) + sum(mates.multiple), 2 * mates.pairs),
        "unique_fraction": _fraction(sum(mates.unique), 2 * mates.pairs),
        "both_unique": mates.both_unique,
        "dropped_chromosome": counts.dropped_chromosome,
        "dropped_chromosome_fraction": _fraction(counts.dropped_chromosome, mates.both_unique),
        **_blacklisted(counts, mates.both_unique),
        "duplicates": counts.duplicates,
        "duplicate_fraction": _fraction(counts.duplicates, counts.duplicates + counts.distinct),
        "cis_below_1kb": counts.cis_short,
        "cis_1kb_to_20kb": counts.cis_middle,
        "cis_above_20kb": counts.cis_long,
        "cis_above_20kb_fraction": _fraction(counts.cis_long, counts.distinct),
        "trans": counts.trans,
        "trans_fraction": _fraction(counts.trans, counts.distinct),
        "below_min_distance": counts.too_close,
        "below_min_distance_fraction": _fraction(counts.too_close, counts.distinct),
        "dangling_ends": counts.dangling_ends,
        "dangling_fraction": _fraction(counts.dangling_ends, counts.distinct),
        "self_circles": counts.self_circles,
        "self_circle_fraction": _fraction(counts.self_circles, counts.distinct),
        **({"short_chromosome_fraction": counts.small_fraction} if counts.small_fraction else {}),
        "valid_pairs": counts.valid,
        "valid_fraction": _fraction(counts.valid, rows["read_pairs"]),
    }
    table = pd.DataFrame(
        {"sample": sample, "metric": list(rows), "value": [float(v) for v in rows.values()]}
    )
    return judge(table)[list(QC)]


def sum_trim_stats(paths: Sequence[str | Path]) -> pd.DataFrame | None:
    """Trimming counts of all lanes together (metric, value); None without files."""
    if not paths:
        return None
    tables = [read_table(p, ("metric", "value")) for p in paths]
    values = pd.concat(tables).groupby("metric", sort=False)["value"].sum()
    if "read_pairs" not in values or not values["read_pairs"]:
        raise InputError("Not a table of trimming counts.", where=", ".join(map(str, paths)))
    pairs = values["read_pairs"]
    if all(table.set_index("metric")["value"].isna().get("trimmed_fraction") for table in tables):
        values[[name for name in values.index if name.endswith("trimmed_fraction")]] = np.nan
        return values.rename_axis("metric").reset_index(name="value")  # no junction is known
    for mate in ("r1", "r2"):
        hits = values[f"{mate}_full_junctions"] + values[f"{mate}_partial_junctions"]
        values[f"{mate}_trimmed_fraction"] = hits / pairs
    values["trimmed_fraction"] = (values["r1_trimmed_fraction"] + values["r2_trimmed_fraction"]) / 2
    return values.rename_axis("metric").reset_index(name="value")


def _blacklisted(counts: PairCounts, of: int) -> dict[str, float]:
    if counts.blacklisted is None:
        return {}
    fraction = _fraction(counts.blacklisted, of)
    return {"blacklisted": counts.blacklisted, "blacklisted_fraction": fraction}


def _fraction(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _renumbered(
    path: str | Path, chromosomes: Chromosomes, mates: MateCounts, min_mapq: int
) -> Iterable[PairBatch]:
    """Batches of a .pairs file in the numbering of `chromosomes`; `mates` counts the pairs."""
    with PairsReader(path, min_mapq) as reader:
        header = reader.chromosomes
        ids = chromosomes.require_similar(header.names, header.sizes, str(path), more=False)
        for batch in reader:
            mates.both_unique += len(batch.position)
            mates.pairs += len(batch.position)
            yield batch._replace(chromosome=ids[batch.chromosome])
        mates.pairs += reader.unmapped
        mates.unique = (mates.both_unique, mates.both_unique)


def _outside(batch: PairBatch, excluded: Lookup, counts: PairCounts) -> PairBatch:
    """The pairs without an end in a blacklisted region; `counts` counts the others."""
    inside = excluded.inside(batch.chromosome, batch.position - 1).any(axis=1)
    counts.blacklisted += int(inside.sum())  # type: ignore[operator]  # 0 where there is a blacklist
    return PairBatch(*(a[~inside] for a in batch))


def _look_for_mitochondrion(
    counts: PairCounts, chromosomes: Chromosomes, settings: PairSettings
) -> None:
    """Warn where a short chromosome that is not left out holds pairs far beyond its length."""
    short = [i for i in counts.within if chromosomes.sizes[i] < SHORT_CHROMOSOME]
    if not short:
        return
    most = max(short, key=counts.within.__getitem__)
    name, size, held = chromosomes.names[most], chromosomes.sizes[most], counts.within[most]
    share = held / counts.distinct
    if share < SUSPICIOUS_SHARE or share < 10 * size / sum(chromosomes.sizes):
        return
    counts.small_fraction = share
    absent = [other for other in settings.drop_chromosomes if other not in chromosomes.index]
    log.warning(
        "%s%s (%s bp) holds %d of %d distinct pairs: if it is the mitochondrion or a plasmid, name "
        "it in hichip.drop_chromosomes (--drop-chromosome)",
        f"{', '.join(absent)} not in the genome; " if absent else "",
        name, f"{size:,}", held, counts.distinct,
    )  # fmt: skip


def _write_pairs(
    batches: Iterable[PairBatch],
    chromosomes: Chromosomes,
    output: str | Path,
    settings: PairSettings,
    blacklist: Regions | None,
) -> PairCounts:
    counts = PairCounts(blacklisted=0 if blacklist else None)
    excluded = blacklist.lookup(chromosomes.index) if blacklist else None
    dropped = [chromosomes.index.get(name, -1) for name in settings.drop_chromosomes]
    with (
        atomic_path(output) as temporary,
        PairStore(len(chromosomes), Path(output).parent) as store,
    ):
        for batch in batches:
            keep = ~np.isin(batch.chromosome, dropped).any(axis=1)
            counts.dropped_chromosome += int((~keep).sum())
            kept = PairBatch(*(a[keep] for a in batch))
            store.add(_outside(kept, excluded, counts) if excluded else kept)
        with open(temporary, "wb") as handle:
            writer = PairsWriter(handle, chromosomes)
            for pairs in store.sorted():
                valid = counts.add(pairs, settings.min_distance)
                columns = [a[valid] for a in pairs[2:6]]
                writer.write(pairs._replace(**dict(zip(pairs._fields[2:6], columns, strict=True))))
            writer.close()
    _look_for_mitochondrion(counts, chromosomes, settings)
    if not counts.valid:
        log.warning(
            "no valid pair is left: of %d distinct pairs %d are closer than %d bp; are both files "
            "of one mate, or does each hold both mates?",
            counts.distinct, counts.too_close, settings.min_distance,
        )  # fmt: skip
    log.info(
        "%d pairs on dropped chromosomes, %s in blacklisted regions, %d duplicates, %d closer than "
        "%d bp, %d valid",
        counts.dropped_chromosome, counts.blacklisted or "none", counts.duplicates,
        counts.too_close, settings.min_distance, counts.valid,
    )  # fmt: skip
    return counts
