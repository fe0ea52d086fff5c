"""Explain the prediction of one gene: bases, known motifs, distal bins, contacted places."""

from deepexpr.motifs.sections import InterpretSection
from deepexpr.options import Arguments, given
from deepexpr.settings import Field


class InterpretSettings(InterpretSection):
    """Known motifs, method, and which matches are listed."""

    p_value: float = Field(1e-4, ge=0, le=1)
    """Of a motif match."""
    share: float = Field(0.05, ge=0, le=1)
    """A match is listed where its mean attribution is among this share (0-1)."""


OPTIONS = """
--bundle DIR...
               trained network; of several, the first that was not left out
--gene NAME    a gene of the dataset
--dataset H5   dataset with the gene
[--fold N]     one fold (default: mean of all)
[--threads N]  CPU threads of the network
--output DIR   folder for attribution.tsv, motifs.tsv and, with HiChIP, bins.tsv; of
               the network `enhancers` places.tsv
"""
FIELDS = {InterpretSettings: InterpretSettings.model_fields}
FLAGS = {"interpret_method": "--method"}


def run(args: Arguments) -> None:
    import numpy as np

    from deepexpr.features.bundles import first_trained
    from deepexpr.features.dataset import BINS, CONTACTS, PROMOTER, Dataset
    from deepexpr.files import atomic_directory, write_table
    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.examples import Examples
    from deepexpr.motifs.attribution import (
        attribute_bins,
        attribute_by_gradient,
        attribute_places,
        attribute_sequence,
    )
    from deepexpr.motifs.jaspar import load_targets
    from deepexpr.motifs.scanning import known_hits, letter_frequencies

    settings = given(args, InterpretSettings)
    configure(args.threads)
    targets = load_targets(settings.targets)
    bundle = Bundle.open(first_trained(args.bundle))
    dataset = Dataset.open(args.dataset)
    dataset = bundle.fitting(dataset)

    def predict(inputs):
        return bundle.predict_examples(Examples(inputs), args.fold)

    def gradient(inputs):
        return bundle.promoter_gradients(Examples(inputs), args.fold)

    def attention(inputs):
        from deepexpr.model.attention import contact_attention

        folds = bundle.folds if args.fold is None else [args.fold]
        found = [[contact_attention(m, Examples(inputs)) for m in bundle.models(f)] for f in folds]
        return np.mean(found, axis=1)

    def track_of_promoter():
        if settings.interpret_method == "gradient":
            return attribute_by_gradient(dataset, args.gene, gradient)
        return attribute_sequence(dataset, args.gene, predict, settings.interpret_method)

    with atomic_directory(args.output) as folder:
        if PROMOTER in bundle.inputs:
            track = track_of_promoter()
            background = letter_frequencies(dataset.sequence)
            hits = known_hits(
                track, targets, background, p_value=settings.p_value, share=settings.share
            )
            write_table(track, folder / "attribution.tsv")
            write_table(hits, folder / "motifs.tsv")
        if BINS in bundle.inputs:
            write_table(attribute_bins(dataset, args.gene, predict), folder / "bins.tsv")
        if CONTACTS in bundle.inputs:
            places = attribute_places(dataset, args.gene, predict, attention)
            write_table(places, folder / "places.tsv")
