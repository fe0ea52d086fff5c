"""What the wide part of the proximal module reads: word counts, and matches of known motifs.

As layers; the same as `features.words.window_words` and `features.motif_scans.motif_scans`.
"""

from deepexpr.features.dataset import PROMOTER
from deepexpr.features.motif_scans import read_matrices, scan_columns
from deepexpr.features.words import WORD_BLOCKS
from deepexpr.model.backend import keras
from deepexpr.model.layers import MotifScans, WordCounts

layers = keras.layers


def build_word_columns(config, shape) -> tuple[keras.Model, list[int]]:
    """Promoter (batch, L, 4) to these columns, and the number of columns of each kind, which weigh
    the same. config, shape : as in `network.build_proximal`."""
    promoter = keras.Input((shape.length, 4), name=PROMOTER)
    columns = word_columns(config, shape, promoter)
    widths = [part.shape[-1] for part in columns]
    if config.motifs:
        widths[-1:] = scan_columns(len(read_matrices(config.motifs).least))
    return keras.Model(promoter, layers.Concatenate(name="words")(columns)), widths


def word_columns(config, shape, promoter) -> list:
    """The columns of each block of words, then those of known motifs, if there are any."""
    columns = []
    for block in WORD_BLOCKS[config.word_blocks]:
        edges = [round(share * shape.length) for share in block.edges]
        name = f"words_{block.word}" + (f"_around_{block.gap}" if block.gap else "")
        own = (block.both_strands, block.gap, block.soft)
        columns.append(WordCounts(block.word, edges, *own, dtype="float32", name=name)(promoter))
    if config.motifs:
        given = read_matrices(config.motifs)
        width, _, motifs = given.kernel.shape
        scans = MotifScans(width, motifs, dtype="float32", name="known_motifs")
        columns.append(scans(promoter))
        scans.set_weights([given.kernel, given.least])
    return columns
