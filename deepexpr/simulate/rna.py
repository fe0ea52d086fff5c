"""RNA-seq reads: fragments of spliced transcripts, paired-end, unstranded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepexpr.letters import COMPLEMENT
from deepexpr.simulate.genes import Gene, spliced
from deepexpr.simulate.genome import Genome
from deepexpr.simulate.settings import Settings


@dataclass(frozen=True)
class Transcriptome:
    """letters: all transcripts end to end; starts, lengths, gene, share: one value each."""

    letters: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    gene: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, genome: Genome, genes: Sequence[Gene]) -> "Transcriptome":
        """Splice every transcript of `genes`; `gene` holds indices into it."""
        parts = [spliced(genome, gene, t) for gene in genes for t in gene.transcripts]
        lengths = np.array([len(part) for part in parts])
        return cls(
            letters=np.concatenate(parts),
            starts=np.cumsum(lengths) - lengths,
            lengths=lengths,
            gene=np.repeat(np.arange(len(genes)), [len(gene.transcripts) for gene in genes]),
            share=np.array([t.share for gene in genes for t in gene.transcripts]),
        )

    def read_weights(self, abundance: np.ndarray, settings: Settings) -> np.ndarray:
        """Share of all fragments per transcript: abundance (genes,) x effective length."""
        effective = self.lengths - settings.fragment_mean + 1
        weights = abundance[self.gene] * self.share * effective
        return weights / weights.sum()


def draw_rna_reads(
    transcriptome: Transcriptome,
    abundance: np.ndarray,
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """True letters of both mates, (pairs, read length) uint8 each, in random order.

    abundance : (genes,) relative numbers of molecules; the replicate's own biological
    deviation (`replicate_sd`, log10) is drawn here.
    """
    own = abundance * 10 ** rng.normal(0, settings.replicate_sd, len(abundance))
    counts = rng.multinomial(settings.rna_pairs, transcriptome.read_weights(own, settings))
    which = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    size = rng.normal(settings.fragment_mean, settings.fragment_sd, len(which))
    size = np.clip(np.rint(size), 100, 300).astype(np.int64)
    start = rng.random(len(which)) * (transcriptome.lengths[which] - size + 1)
    start = transcriptome.starts[which] + start.astype(np.int64)
    along = np.arange(settings.read_length)
    sense = transcriptome.letters[start[:, None] + along]
    antisense = COMPLEMENT[transcriptome.letters[(start + size - 1)[:, None] - along]]
    turned = (rng.random(len(which)) < 0.5)[:, None]
    return np.where(turned, antisense, sense), np.where(turned, sense, antisense)
