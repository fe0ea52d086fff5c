"""Gene families: promoters so alike that one would tell a model about the other.

Two promoters are alike where they share at least `SIMILAR` of their k-mers (k = 14), on
either strand and at any place; a family is what such pairs connect. That holds copies of a gene
and genes whose promoters overlap (head to head). A copy with a share d of its letters changed
keeps (1 - d)^14 of its k-mers: 23 % at d = 0.1, which is always found; 10 % at 0.15, mostly;
6 % at 0.18, about every second time. Unrelated promoters share hardly one: 268 million exist.

Whole families on one side of a split follow Washburn et al., PNAS 2019 ("gene-family guided");
similarity is that of k-mers, not of alignments, as it takes seconds for a genome's promoters.
"""

import logging

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.features.sequence import encode_promoters
from deepexpr.letters import CODES, reverse_complement, word_numbers
from deepexpr.schemas import FAMILIES

log = logging.getLogger(__name__)

#: Letters of a k-mer: long enough that 18,000 promoters share few by chance, short enough for
#: copies with one letter in seven changed. Two bits a letter: 28 of the 32 of its number.
KMER = 14
#: Least share of a promoter's k-mers: 100 of 2 kb, as in an identical stretch of 113 bp.
SIMILAR = 0.05
#: K-mers in more promoters than this are repeats (Alu, CpG-rich runs): they make nobody kin.
REPEAT = 50
#: Promoters that consist mostly of repeated k-mers are compared by these too, or a family larger
#: than REPEAT would go unseen. They are alike where they share half of all k-mers, as copies do
#: and promoters with the same repeats do not.
COPIES = 0.5
#: Largest family, as a share of all genes (a fold at the paper's largest K, 20). A larger one is
#: a chain through old repeats or overlaps: its weakest links, below COPIES, are cut.
LARGEST = 0.05
TIGHTEN = 1.25  # factor on the threshold, each time links are cut

#: Splits are called by family where chance would keep the families whole less often than this.
CHANCE = 1e-3

SHOWN = 10  # families, and genes of each, in the log

_ROWS = 500  # promoters encoded or compared at a time: bounds memory


def family_table(genes: pd.Series, promoters: dict[str, str]) -> pd.DataFrame:
    """Columns FAMILIES of `genes`, largest family first, then by gene; the largest are logged.

    promoters : sequences of one length by gene. A family has the name of its first gene.
    """
    names = np.sort(genes.to_numpy(str))
    family = find_families(encode_promoters(names, promoters))
    _, first, number = np.unique(family, return_index=True, return_inverse=True)
    table = pd.DataFrame({"family": names[first][number], "gene": names})
    table["genes"] = table.groupby("family")["gene"].transform("size")
    table = table.sort_values(["genes", "family", "gene"], ascending=[False, True, True])
    kin = table[table["genes"] > 1]
    log.info(
        "%d of %d genes are in %d families of two or more", len(kin), len(table),
        kin["family"].nunique(),
    )  # fmt: skip
    for _, members in list(kin.groupby("family", sort=False)["gene"])[:SHOWN]:
        log.info("family of %d: %s", len(members), " ".join(members.head(SHOWN)))
    return table[list(FAMILIES)]


def find_families(sequence: np.ndarray) -> np.ndarray:
    """Family number, int64 (n,), of promoters uint8 (n, L) as in a dataset; 0 is the first seen.

    The partition depends neither on the order of the rows nor on a seed. K-mers with N are left
    out. Raises InputError for promoters shorter than a k-mer.
    """
    number, length = sequence.shape
    if length < KMER:
        raise InputError(
            f"Promoters of {length} bp have no families.",
            expected=f"{KMER} bp or more",
            fix="Use longer promoters, or the scheme random.",
        )
    kmers = length - KMER + 1
    holds = _incidence(sequence)
    repeated = np.diff(holds.tocsc().indptr) > REPEAT
    pairs, shared = _similar_pairs(holds[:, ~repeated], SIMILAR * kmers)
    mostly = np.flatnonzero(np.diff(holds[:, repeated].indptr) > kmers / 2)
    alike, more = _similar_pairs(holds[mostly], COPIES * kmers)
    pairs = np.concatenate([pairs, mostly[alike]])
    return _connect(number, pairs, np.concatenate([shared, more]) / kmers)


def find_scheme(dataset: Dataset, splits: pd.DataFrame) -> str:
    """The scheme of splits that came without its name, from what they keep together in all folds.

    "chromosome": no chromosome is in both test and training. "family": no gene family of the
    dataset has two roles, where that is no chance (CHANCE). Otherwise "random", which claims least.
    """
    genes = splits.assign(row=dataset.index_of(splits["gene"]))
    chromosome = dataset.chromosome[genes["row"]]
    held_out = (genes["role"] == "test").groupby([genes["fold"], chromosome]).nunique()
    if held_out.max() == 1:
        return "chromosome"
    family = find_families(dataset.sequence)[genes["row"]]
    whole = genes["role"].groupby([genes["fold"], family]).nunique().max() == 1
    kin = genes["gene"].nunique() - len(np.unique(family))
    by_chance = float(splits["fold"].nunique()) ** -kin
    return "family" if whole and by_chance < CHANCE else "random"


def _incidence(sequence: np.ndarray) -> sp.csr_array:
    """int32 (n, k-mers in two promoters or more): 1 where the promoter holds the k-mer."""
    entries = _repeated(_entries(sequence))
    entries = entries[_starts(entries)]  # once where a promoter holds the k-mer twice
    entries = _repeated(entries)
    row = (entries & np.uint64(0xFFFFFFFF)).astype(np.int32)
    start = np.flatnonzero(_starts(entries >> np.uint64(32)))
    shape = (len(sequence), len(start))
    ones = np.ones(len(row), dtype=np.int32)
    return sp.csc_array((ones, row, np.r_[start, len(row)]), shape=shape).tocsr()


def _starts(values: np.ndarray) -> np.ndarray:
    """bool: where a run of equal values starts."""
    starts = np.ones(len(values), dtype=bool)
    starts[1:] = values[1:] != values[:-1]
    return starts


def _repeated(entries: np.ndarray) -> np.ndarray:
    """Of sorted entries, those that have their k-mer in common with a neighbour."""
    starts = np.r_[_starts(entries >> np.uint64(32)), True]
    return entries[~(starts[:-1] & starts[1:])]


def _entries(sequence: np.ndarray) -> np.ndarray:
    """uint64, sorted: the k-mer's number in the upper half, the promoter's in the lower."""
    number, length = sequence.shape
    entries = np.empty(number * (length - KMER + 1), dtype=np.uint64)
    used = 0
    for first in range(0, number, _ROWS):
        part = sequence[first : first + _ROWS]
        forward = word_numbers(CODES[part], KMER)
        backward = word_numbers(CODES[reverse_complement(part)], KMER)[:, ::-1]
        kmer = np.minimum(forward, backward)  # one number for both strands; -1 with an N
        row = np.arange(first, first + len(kmer), dtype=np.uint64)[:, None]
        block = ((kmer.astype(np.uint64) << np.uint64(32)) | row)[kmer >= 0]
        entries[used : used + len(block)] = block
        used += len(block)
    entries = entries[:used]
    entries.sort()
    return entries


def _similar_pairs(holds: sp.csr_array, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs int64 (m, 2), first < second, that share `least` k-mers or more, and how many."""
    pairs, shared = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.int32)]
    columns = holds.T.tocsr()
    for first in range(0, holds.shape[0], _ROWS):
        block = (holds[first : first + _ROWS] @ columns).tocoo()
        row, column = block.coords
        chosen = (block.data >= least) & (row + first < column)
        pairs.append(np.column_stack([row[chosen] + first, column[chosen]]).astype(np.int64))
        shared.append(block.data[chosen])
    return np.concatenate(pairs), np.concatenate(shared)


def _connect(number: int, pairs: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Connected components; where one is too large, its weakest links are cut."""
    family = _components(number, pairs)
    largest, threshold = max(REPEAT, LARGEST * number), SIMILAR
    while (too_large := np.bincount(family) > largest).any() and threshold < COPIES:
        threshold = min(TIGHTEN * threshold, COPIES)
        chained = too_large[family[pairs[:, 0]]]
        cut = chained & (share < threshold)
        log.warning(
            "%d promoters in chains of more than %d: of their %d links %d are below %.1f %%: cut",
            too_large[family].sum(), largest, chained.sum(), cut.sum(), 100 * threshold,
        )  # fmt: skip
        pairs, share = pairs[~cut], share[~cut]
        family = _components(number, pairs)
    return family


def _components(number: int, pairs: np.ndarray) -> np.ndarray:
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = sp.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(number, number))
    return connected_components(graph, directed=False)[1].astype(np.int64)
