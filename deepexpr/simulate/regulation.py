"""Which enhancers act on which genes in which cell line, and the expression that follows.

log10 expression = promoter motifs + loops + noise, each scaled to its share of the
variance within every cell line (specification of the demo: 45, 35 and 20 %).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepexpr.features.motif import Motif
from deepexpr.simulate.genes import Gene
from deepexpr.simulate.genome import Genome
from deepexpr.simulate.settings import ACTIVE_IN, CELL_LINES, FLIPPED, PROMOTER_MOTIFS, Settings

#: P(an enhancer is active in none, one, two, three cell lines): 58 % active in a given one.
_ACTIVE_IN = (0.1, 0.3, 0.35, 0.25)


@dataclass(frozen=True)
class Regulation:
    """What the reads will be drawn from.

    loops : one row per active loop and cell line: cell_line, chromosome1, start1, end1,
        chromosome2, start2, end2 (5 kb bins, start1 < start2), gene, enhancer, distance (between
        bins, bp), strength (expected PETs of all replicates together); where sites decide also
        activity, by which the strength counts.
    weights : tf, motif, cell_line, weight (log10 expression per site).
    expression : one row per protein-coding gene and cell line: gene, cell_line,
        log10_expression (mean 0 in each cell line), promoter_effect, loop_effect, noise,
        loop_strength.
    """

    loops: pd.DataFrame
    weights: pd.DataFrame
    expression: pd.DataFrame


def draw_activity(enhancers: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """(enhancers, cell lines) bool: where each enhancer is active."""
    number = rng.choice(len(_ACTIVE_IN), len(enhancers), p=_ACTIVE_IN)
    order = rng.random((len(enhancers), len(CELL_LINES))).argsort(axis=1).argsort(axis=1)
    return order < number[:, None]


def site_activity(enhancers: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    """(enhancers, cell lines) int: how many sites of the line's active factor each has.

    enhancers, sites : as `plant_enhancers` returns them.
    """
    number = pd.crosstab(sites["enhancer"], sites["motif"])
    columns = [ACTIVE_IN[cell_line] for cell_line in CELL_LINES]
    return number.reindex(enhancers["enhancer"], columns=columns, fill_value=0).to_numpy()


def draw_regulation(
    settings: Settings,
    genome: Genome,
    genes: Sequence[Gene],
    sites: pd.DataFrame,
    enhancers: pd.DataFrame,
    active: np.ndarray,
    motifs: Sequence[Motif],
    rng: np.random.Generator,
    activity: np.ndarray | None = None,
) -> Regulation:
    """Draw loops, the factors' weights and the expression of `genes` (protein-coding ones).

    activity : (enhancers, cell lines) by which a loop's strength counts; None: all alike.
    """
    loops = _draw_loops(settings, genome, genes, enhancers, active, rng)
    counted = loops["strength"]
    if activity is not None:
        known = pd.DataFrame(activity, enhancers["enhancer"], CELL_LINES).stack()
        loops["activity"] = known[pd.MultiIndex.from_frame(loops[["enhancer", "cell_line"]])].array
        counted = counted * loops["activity"]
    names = [gene.name for gene in genes]
    counts = pd.crosstab(sites["gene"], sites["motif"]).reindex(
        index=names, columns=[motif.name for motif in motifs], fill_value=0
    )
    relative = _draw_weights(settings, rng)
    shared = rng.standard_normal(len(names))
    tables, weights = [], []
    for line, cell_line in enumerate(CELL_LINES):
        raw = counts.to_numpy(float) @ relative[:, line]
        scale = settings.expression_sd * np.sqrt(settings.promoter_share) / raw.std()
        here = loops["cell_line"] == cell_line
        strength = counted[here].groupby(loops["gene"][here]).sum().reindex(names, fill_value=0.0)
        own = rng.standard_normal(len(names))
        part = settings.shared_noise
        noise = np.sqrt(part) * shared + np.sqrt(1 - part) * own
        table = pd.DataFrame(
            {
                "gene": names,
                "cell_line": cell_line,
                "promoter_effect": (raw - raw.mean()) * scale,
                "loop_effect": _to_share(np.log2(1 + strength), settings, settings.loop_share),
                "noise": _to_share(noise, settings, settings.noise_share),
                "loop_strength": strength.to_numpy(),
            }
        )
        effects = table[["promoter_effect", "loop_effect", "noise"]].sum(axis=1)
        table.insert(2, "log10_expression", effects)
        tables.append(table)
        weights += [
            (motif.alt_name, motif.name, cell_line, weight * scale)
            for motif, weight in zip(motifs, relative[:, line], strict=True)
        ]
    return Regulation(
        loops=loops,
        weights=pd.DataFrame(weights, columns=["tf", "motif", "cell_line", "weight"]),
        expression=pd.concat(tables, ignore_index=True),
    )


def _to_share(values: np.ndarray, settings: Settings, share: float) -> np.ndarray:
    """Centre `values` and scale them to their share of the variance of log10 expression."""
    values = np.asarray(values, dtype=float)
    centred = values - values.mean()
    return centred / values.std() * settings.expression_sd * np.sqrt(share)


def _draw_weights(settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """(motifs, cell lines) relative weights: one sign everywhere but for FLIPPED."""
    base = np.array(list(PROMOTER_MOTIFS.values()))[:, None]
    change = np.exp(rng.normal(0, settings.activity_sd, (len(base), len(CELL_LINES))))
    weights = base * change
    weights[list(PROMOTER_MOTIFS).index(FLIPPED[0]), CELL_LINES.index(FLIPPED[1])] *= -1
    return weights


def _draw_loops(
    settings: Settings,
    genome: Genome,
    genes: Sequence[Gene],
    enhancers: pd.DataFrame,
    active: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    size = settings.bin_size
    chromosomes = enhancers["chromosome"].to_numpy()
    starts = enhancers["bin_start"].to_numpy()
    names = enhancers["enhancer"].to_numpy()
    low, high = settings.loop_distance
    rows = []
    for gene in genes:
        chromosome = genome.names[gene.chromosome]
        promoter = (gene.tss - int(genome.offsets[gene.chromosome])) // size * size
        distance = np.abs(starts - promoter)
        possible = np.flatnonzero(
            (chromosomes == chromosome) & (distance >= low) & (distance <= high)
        )
        number = int(rng.choice(len(settings.loops_per_gene), p=settings.loops_per_gene))
        nearness = 1 / distance[possible]  # contacts fall with distance, so do regulatory ones
        chosen = rng.choice(
            possible, min(number, len(possible)), replace=False, p=nearness / nearness.sum()
        )
        strengths = settings.loop_strength * np.exp(
            rng.normal(0, settings.loop_strength_sd, (len(chosen), 1))
            + rng.normal(0, settings.loop_strength_line_sd, (len(chosen), len(CELL_LINES)))
        )
        for enhancer, strength in zip(chosen, strengths, strict=True):
            left, right = sorted((promoter, int(starts[enhancer])))
            place = (chromosome, left, left + size, chromosome, right, right + size)
            about = (gene.name, names[enhancer], int(distance[enhancer]))
            rows += [
                (cell_line, *place, *about, strength[line])
                for line, cell_line in enumerate(CELL_LINES)
                if active[enhancer, line]
            ]
    columns = [
        "cell_line", "chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "gene",
        "enhancer", "distance", "strength",
    ]  # fmt: skip
    loops = pd.DataFrame(rows, columns=columns)
    return loops.sort_values(["cell_line", "chromosome1", "start1", "start2"], ignore_index=True)
