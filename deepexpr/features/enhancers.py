"""Sequences of the places that loops join to a gene: a further input of networks.

Each other anchor of a gene's loops is a contact; the strongest bring the letters around their
middle, or of their highest accessible peak, their counts and their distances. What the network
`enhancers` makes of them: deepexpr.model.contacted.
"""

import logging

import numpy as np
import pandas as pd
import pysam

from deepexpr.errors import InputError
from deepexpr.features.bins import genes_at_anchor
from deepexpr.features.dataset import CONTACTS, ENHANCERS
from deepexpr.features.sections import EnhancerFeatures
from deepexpr.features.sequence import encode_bytes
from deepexpr.reference.fasta import fetch_padded

log = logging.getLogger(__name__)

#: Columns of `gene_contacts`; row: of the gene, slot: 0 for the strongest contact.
COLUMNS = ("row", "slot", "chromosome", "start", "end", "normalised", "distance")


def gene_contacts(
    genes: pd.DataFrame,
    signal: pd.DataFrame,
    settings: EnhancerFeatures,
    promoter_window: int = 5000,
    peaks: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The strongest contacts of every gene: columns COLUMNS, by gene and slot.

    genes : schemas.GENES, n rows; tss 0-based. signal : schemas.SIGNAL, each loop once. A loop is
    a gene's as in `loop_bins`; its other anchor counts unless it overlaps the gene's own window or
    its middle lies beyond the bins. Counts of loops to one anchor are summed.
    peaks : chromosome, start, end, height: of each anchor its highest peak, the part of it inside;
    anchors without a peak are left out.
    start, end : the letters' place, `enhancer_width` bp around the middle, cut to the peak.
    distance : from the TSS to the anchor's middle (bp), above 0 in the direction of the gene.
    """
    loops = signal[signal["chromosome1"].astype(str) == signal["chromosome2"].astype(str)]
    loops = loops.reset_index(drop=True)
    anchors = pd.concat(
        [_others(genes, loops, own, other, promoter_window) for own, other in ("12", "21")]
    )
    keys = ["row", "chromosome", "start", "end"]
    contacts = anchors.groupby(keys, as_index=False, sort=True)["normalised"].sum()
    tss = genes["tss"].to_numpy(np.int64)[contacts["row"]]
    forward = (genes["strand"] == "+").to_numpy()[contacts["row"]]
    away = (contacts["start"] + contacts["end"]) // 2 - tss
    first = tss - promoter_window // 2
    apart = (contacts["start"] >= first + promoter_window) | (contacts["end"] <= first)
    kept = apart & (away >= -settings.half_width) & (away < settings.half_width)
    contacts = contacts.assign(distance=np.where(forward, away, -away))[kept]
    contacts = _accessible(contacts, peaks) if peaks is not None else contacts
    contacts = contacts.sort_values(["row", "normalised", "start"], ascending=[True, False, True])
    contacts = contacts.assign(slot=contacts.groupby("row").cumcount())
    found = len(contacts)
    contacts = contacts[contacts["slot"] < settings.enhancers].reset_index(drop=True)
    log.info(
        "%d of %d contacts bring their sequence, of %d of %d genes",
        len(contacts), found, contacts["row"].nunique(), len(genes),
    )  # fmt: skip
    return _cut(contacts, settings.enhancer_width)[list(COLUMNS)]


def enhancer_inputs(
    contacts: pd.DataFrame, genes: int, genome: pysam.FastaFile, settings: EnhancerFeatures
) -> dict[str, np.ndarray]:
    """The inputs ENHANCERS and CONTACTS of so many genes, of `gene_contacts`.

    ENHANCERS : (genes, settings.enhancers, settings.enhancer_width) uint8 ASCII, on the + strand;
    N beyond a peak and in slots without a contact. CONTACTS : (genes, settings.enhancers, 2)
    float32: log2(1 + normalised count), 0 in an empty slot, and the distance (bp).
    Raises InputError where the genome lacks a chromosome of the loops.
    """
    known = set(genome.references)
    if lacking := sorted(set(contacts["chromosome"]) - known):
        raise InputError(
            f"The genome has no chromosome {', '.join(lacking[:5])}.",
            expected="the names that the loops use",
            found=", ".join(sorted(known)[:5]),
            fix="Use the genome that the reads were mapped to.",
        )
    width = settings.enhancer_width
    letters = np.full((genes, settings.enhancers, width), ord("N"), np.uint8)
    numbers = np.zeros((genes, settings.enhancers, 2), np.float32)
    places = list(contacts[["chromosome", "start", "end"]].itertuples(index=False, name=None))
    padded = {place: fetch_padded(genome, *place).center(width, "N") for place in set(places)}
    row, slot = contacts["row"].to_numpy(), contacts["slot"].to_numpy()
    if places:
        letters[row, slot] = encode_bytes([padded[place] for place in places])
    numbers[row, slot, 0] = np.log2(1 + contacts["normalised"])
    numbers[row, slot, 1] = contacts["distance"]
    return {ENHANCERS: letters, CONTACTS: numbers}


def _others(genes, loops: pd.DataFrame, own: str, other: str, window: int) -> pd.DataFrame:
    """The anchors `other` ("1" or "2") of loops whose anchor `own` is at a gene."""
    gene, loop = genes_at_anchor(genes, loops, own, window)
    found = loops.iloc[loop]
    return pd.DataFrame(
        {
            "row": gene,
            "chromosome": found["chromosome1"].to_numpy(str),
            "start": found[f"start{other}"].to_numpy(np.int64),
            "end": found[f"end{other}"].to_numpy(np.int64),
            "normalised": found["normalised"].to_numpy(float),
        }
    )


def _accessible(contacts: pd.DataFrame, peaks: pd.DataFrame) -> pd.DataFrame:
    """Contacts cut to the highest peak in them; those without one are left out."""
    places = contacts[["chromosome", "start", "end"]].drop_duplicates()
    cut = []
    by_chromosome = dict(iter(peaks.sort_values(["start", "end"]).groupby("chromosome")))
    for chromosome, start, end in places.itertuples(index=False, name=None):
        here = by_chromosome.get(chromosome, peaks.iloc[:0])
        inside = here[(here["start"] < end) & (here["end"] > start)]
        if len(inside):
            peak = inside.loc[inside["height"].idxmax()]
            part = max(int(peak["start"]), start), min(int(peak["end"]), end)
            cut.append((chromosome, start, end, *part))
    columns = ["chromosome", "start", "end", "first", "last"]
    joined = contacts.merge(pd.DataFrame(cut, columns=columns), on=columns[:3])
    log.info("%d of %d contacts hold a peak", len(joined), len(contacts))
    if joined.empty and len(contacts):
        log.warning(
            "no contact holds a peak, so no sequence is read: are peaks (%s ...) and loops "
            "(%s ...) of one genome build?",
            peaks["chromosome"].iloc[0] if len(peaks) else "none", contacts["chromosome"].iloc[0],
        )  # fmt: skip
    return joined.drop(columns=["start", "end"]).rename(columns={"first": "start", "last": "end"})


def _cut(contacts: pd.DataFrame, width: int) -> pd.DataFrame:
    """`width` bp around the middle of each place that is wider."""
    start = (contacts["start"] + contacts["end"]) // 2 - width // 2
    wide = contacts["end"] - contacts["start"] > width
    return contacts.assign(
        start=contacts["start"].where(~wide, start),
        end=contacts["end"].where(~wide, start + width),
    )
