"""Variants that break the demo's planted motifs, and others that are like them but for that."""

import numpy as np
import pandas as pd
import pysam

from deepexpr.features.meme_format import read_meme
from deepexpr.letters import reverse_complement
from deepexpr.simulate.planting import broken_letter

UPSTREAM = 1000


def pairs(truth, genes, genome, number, seed=1):
    """`number` planted sites, each broken at its most telling letter, and a control of each.

    The site's letter goes to the one that its motif likes least. The control is the same change of
    letter in the same promoter, outside all planted sites, as near as can be to the same place.
    Columns chromosome, start (on the genome), reference, alternate, gene, place (in the
    promoter), planted (bool).
    """
    sites = pd.read_csv(truth / "promoter_motifs.tsv", sep="\t")
    motifs = {motif.name: motif for motif in read_meme(truth / "motifs.meme")}
    genes = genes.set_index("gene")
    rows = []
    with pysam.FastaFile(str(genome)) as fasta:
        for site in sites.sample(len(sites), random_state=seed).itertuples():
            if len(rows) == 2 * number:
                break
            gene = genes.loc[site.gene]
            promoter = _promoter(fasta, gene)
            place, letter, other = broken_letter(site, motifs[site.motif])
            assert promoter[place] == letter, site
            control = _control(promoter, sites[sites["gene"] == site.gene], place, letter)
            if control is not None:
                for at, planted in ((place, True), (control, False)):
                    rows.append((*_on_genome(gene, at, letter, other), site.gene, at, planted))
    columns = ["chromosome", "start", "reference", "alternate", "gene", "place", "planted"]
    return pd.DataFrame(rows, columns=columns)


def write_vcf(table, path):
    """A VCF of these rows; ids say which they are."""
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines += [
        f"{row.chromosome}\t{row.start + 1}\t{row.Index}\t{row.reference}\t{row.alternate}\t.\t.\t."
        for row in table.itertuples()
    ]
    path.write_text("\n".join(lines) + "\n")


def auroc(scores, planted):
    """Share of (planted, control) pairs in which the planted one has the higher score."""
    ranks = scores.rank().to_numpy()
    number = int(planted.sum())
    above = ranks[planted.to_numpy()].sum() - number * (number + 1) / 2
    return above / (number * (len(ranks) - number))


def _promoter(fasta, gene):
    if gene["strand"] == "+":
        start = gene["tss"] - UPSTREAM
        return fasta.fetch(gene["chromosome"], start, start + 2 * UPSTREAM).upper()
    start = gene["tss"] - UPSTREAM + 1
    return reverse_complement(fasta.fetch(gene["chromosome"], start, start + 2 * UPSTREAM).upper())


def _control(promoter, sites, place, letter):
    free = np.array([x == letter for x in promoter])
    for site in sites.itertuples():
        free[max(0, site.position - 2) : site.position + site.width + 2] = False
    near = np.abs(np.arange(len(promoter)) - place).astype(float)
    near[~free] = np.inf
    best = int(near.argmin())
    return best if np.isfinite(near[best]) and near[best] < 100 else None


def _on_genome(gene, place, letter, other):
    if gene["strand"] == "+":
        return gene["chromosome"], gene["tss"] - UPSTREAM + place, letter, other
    start = gene["tss"] + UPSTREAM - place
    return gene["chromosome"], start, reverse_complement(letter), reverse_complement(other)
