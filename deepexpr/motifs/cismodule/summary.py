"""From chains to what is reported: motifs with their support, sites and modules.

Of the chains, the one with the highest mean log posterior is reported. Its matrices are
averaged over the iterations after burn-in in which the motif had its most frequent extent;
sites and modules come from alignments drawn with these parameters.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from deepexpr.features.motif import Motif
from deepexpr.motifs.cismodule import sampler, seeds
from deepexpr.motifs.cismodule.sequences import SequenceSet, lay_out
from deepexpr.motifs.cismodule.settings import CismoduleSettings
from deepexpr.schemas import CISMODULE_MOTIFS, CISMODULE_TRACE

logger = logging.getLogger(__name__)

BED6 = ("chromosome", "start", "end", "name", "probability", "strand")

#: Two chains have found the same motif where their columns correlate like this over >= 6 columns.
_SAME_MOTIF = 0.8
_MIN_OVERLAP = 6


@dataclass(frozen=True)
class CismoduleResult:
    """motifs : all K, best supported first. table : schemas.CISMODULE_MOTIFS, in the same order.

    sites, modules : columns BED6, 0-based half-open, on the genome where the sequences are named
    "chr1:100-200"; probability in (0, 1]; name is the motif's or "module". Sites are those of
    supported motifs, and without any there are no modules. trace :
    schemas.CISMODULE_TRACE.
    """

    motifs: list[Motif]
    table: pd.DataFrame
    sites: pd.DataFrame
    modules: pd.DataFrame
    trace: pd.DataFrame

    @property
    def supported(self) -> list[Motif]:
        """The motifs that the sequences need: see `sampler.matrix_cost`."""
        names = set(self.table.loc[self.table["supported"] == 1, "motif"])
        return [motif for motif in self.motifs if motif.name in names]


def nothing_found() -> CismoduleResult:
    """The result where there is no sequence to look at."""
    columns = (CISMODULE_MOTIFS, BED6, BED6, CISMODULE_TRACE)
    return CismoduleResult([], *(pd.DataFrame(columns=list(names)) for names in columns))


def find_modules(
    names: Sequence[str],
    sequences: Sequence[str],
    settings: CismoduleSettings,
    *,
    seed: int,
    threads: int = 1,
    min_probability: float = 0.5,
) -> CismoduleResult:
    """Run CisModule on sequences (A, C, G, T; any other letter holds no site).

    min_probability : sites and modules of at least this probability are listed.
    threads : chains run at once; the result does not depend on it. Raises InputError where no
    sequence is as long as a module.
    """
    data = lay_out(names, sequences, settings.background_order, settings.module_length)
    streams = np.random.default_rng(seed).spawn(settings.chains + 1)
    excess, z = seeds.word_scores(data.codes)
    starts = [
        seeds.seed_matrices(excess, z, settings.motifs, settings.width, rng if i else None)
        for i, rng in enumerate(streams[:-1])
    ]
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(sampler.run_chain, data, start, settings, rng)
            for start, rng in zip(starts, streams[:-1], strict=True)
        ]
        chains = [job.result() for job in jobs]
    for i, chain in enumerate(chains):
        mean = np.mean(chain.log_posterior[settings.burn_in :])
        logger.info("chain %d: mean log posterior %.1f, %d modules", i, mean, chain.modules[-1])
    return _summarise(data, chains, settings, streams[-1], min_probability)


def _summarise(data, chains, settings, rng, min_probability) -> CismoduleResult:
    means = [np.mean(chain.log_posterior[settings.burn_in :]) for chain in chains]
    estimates = [_estimate(chain, settings.burn_in) for chain in chains]
    best = estimates[int(np.argmax(means))]
    table, order = _support(data, best, estimates)
    sums = sampler.compute_sums(data, best)
    site_share, module_share = _shares(data, sums, settings.draws, rng)
    names = {int(k): f"cismodule_{rank + 1}" for rank, k in enumerate(order)}
    expected = {k: sum(p for (_, motif, _), p in site_share.items() if motif == k) for k in names}
    motifs = [Motif(names[int(k)], "", best.thetas[k], expected[int(k)]) for k in order]
    table = table.iloc[order].reset_index(drop=True)
    table.insert(0, "motif", [motif.name for motif in motifs])
    table.insert(3, "sites", [round(motif.sites, 2) for motif in motifs])
    sure = {motif.name for motif, row in zip(motifs, table["supported"], strict=True) if row}
    sites = _site_table(data, site_share, names, best.widths, min_probability)
    sites = sites[sites["name"].isin(sure)].reset_index(drop=True)
    modules = _module_table(data, module_share, min_probability).head(None if sure else 0)
    logger.info(
        "%d of %d motifs supported; %d sites and %d modules with probability >= %g",
        table["supported"].sum(), len(table), len(sites), len(modules), min_probability,
    )  # fmt: skip
    return CismoduleResult(
        motifs, table[list(CISMODULE_MOTIFS)], sites, modules, trace_table(chains)
    )


def trace_table(chains: Sequence[sampler.Chain]) -> pd.DataFrame:
    """One row per chain and iteration: schemas.CISMODULE_TRACE; widths joined by commas."""
    rows = [
        (i, j, chain.log_posterior[j], chain.modules[j], chain.sites[j],
         chain.parameters[j].length, ",".join(map(str, chain.parameters[j].widths)))
        for i, chain in enumerate(chains)
        for j in range(len(chain.log_posterior))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(CISMODULE_TRACE))


def _estimate(chain: sampler.Chain, burn_in: int) -> sampler.Parameters:
    """Means after burn-in, of each motif over the iterations with its most frequent extent."""
    kept = chain.parameters[burn_in:]
    thetas = []
    for k in range(len(kept[0].thetas)):
        extents = [(p.left[k], len(p.thetas[k])) for p in kept]
        modal = Counter(extents).most_common(1)[0][0]
        same = [p.thetas[k] for p, extent in zip(kept, extents, strict=True) if extent == modal]
        thetas.append(np.mean(same, axis=0))
    return replace(
        kept[-1],
        thetas=tuple(thetas),
        q=np.mean([p.q for p in kept], axis=0),
        r=float(np.mean([p.r for p in kept])),
        length=Counter(p.length for p in kept).most_common(1)[0][0],
    )


def _support(
    data: SequenceSet, best: sampler.Parameters, estimates: Sequence[sampler.Parameters]
) -> tuple[pd.DataFrame, np.ndarray]:
    """(one row per motif, order by gain): supported where `motif_gain` > `matrix_cost`."""
    full = sampler.compute_sums(data, best)
    rows = []
    for k, theta in enumerate(best.thetas):
        sites = max(2.0, best.q[k + 1] * _steps_inside(data, best))
        gain, cost = sampler.motif_gain(data, full, k), sampler.matrix_cost(len(theta), sites)
        agreeing = sum(any(same_motif(theta, other) for other in e.thetas) for e in estimates)
        rows.append(
            {
                "consensus": Motif("m", "", theta).consensus,
                "width": len(theta),
                "gain": gain,
                "cost": cost,
                "supported": int(gain > cost),
                "chains": len(estimates),
                "chains_agreeing": agreeing,
            }
        )
    table = pd.DataFrame(rows)
    return table, np.argsort(-table["gain"].to_numpy(), kind="stable")


def _steps_inside(data: SequenceSet, parameters: sampler.Parameters) -> float:
    """Expected steps in all modules: letters in modules over the mean letters of a step."""
    per_module = parameters.length / (1.0 + parameters.q[1:] @ (parameters.widths - 1))
    modules = parameters.r * data.letters / (1.0 + parameters.r * (parameters.length - 1))
    return float(modules * per_module)


def same_motif(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two matrices (w, 4) correlate over their best alignment, on either strand.

    Pearson correlation of the letters' probabilities over the overlapping columns.
    """
    for candidate in (other, other[::-1, ::-1]):
        for shift in range(-len(candidate) + 1, len(one)):
            low, high = max(0, shift), min(len(one), shift + len(candidate))
            if high - low < min(_MIN_OVERLAP, len(one), len(candidate)):
                continue
            a, b = one[low:high].ravel(), candidate[low - shift : high - shift].ravel()
            if a.std() > 0 and b.std() > 0 and np.corrcoef(a, b)[0, 1] >= _SAME_MOTIF:
                return True
    return False


def _shares(data, sums, draws, rng) -> tuple[dict[tuple[int, int, int], float], np.ndarray]:
    """Share of drawn alignments with each site (last letter, motif, strand), and, for each
    letter, with a module over it."""
    sites: Counter = Counter()
    covered = np.zeros(len(data.codes) + 1)
    for _ in range(draws):
        drawn, modules = sampler.draw_alignment(data, sums, rng)
        sites.update(map(tuple, drawn.tolist()))
        np.add.at(covered, modules, 1.0)
        np.add.at(covered, modules + sums.parameters.length, -1.0)
    return {site: n / draws for site, n in sites.items()}, np.cumsum(covered)[:-1] / draws


def _site_table(data, share, names, widths, min_probability) -> pd.DataFrame:
    """Sites by place; both strands of a place count together, the likelier one is named."""
    places: dict[tuple[int, int], list[float]] = {}
    for (last, k, strand), p in share.items():
        places.setdefault((last, k), [0.0, 0.0])[strand] += p
    rows = []
    for (last, k), (plus, minus) in sorted(places.items()):
        if plus + minus >= min_probability:
            first = last - int(widths[k]) + 1
            rows.append((*_on_genome(data, first, last + 1), names[k], plus + minus,
                         "+" if plus >= minus else "-"))  # fmt: skip
    return pd.DataFrame(rows, columns=list(BED6))


def _module_table(data: SequenceSet, share: np.ndarray, min_probability: float) -> pd.DataFrame:
    """Runs of letters that lie in a module with at least `min_probability`; the run's mean."""
    inside = np.concatenate([[False], share >= min_probability, [False]])
    edges = np.flatnonzero(inside[1:] != inside[:-1]).reshape(-1, 2)
    rows = [
        (*_on_genome(data, first, last), "module", share[first:last].mean(), ".")
        for first, last in edges.tolist()
    ]
    return pd.DataFrame(rows, columns=list(BED6))


def _on_genome(data: SequenceSet, first: int, last: int) -> tuple[str, int, int]:
    index = int(np.searchsorted(data.starts, first, side="right")) - 1
    chromosome, start = data.region(index)
    offset = start - int(data.starts[index])
    return chromosome, first + offset, last + offset
