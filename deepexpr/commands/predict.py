"""Predict expression, or P(expressed), of promoters by the networks of a bundle."""

import logging

from deepexpr.options import Arguments

log = logging.getLogger(__name__)


ONE_OF = """
[--fasta FASTA]      promoters in the gene's orientation (FASTA)
[--bed BED]          promoters, or 1-bp TSS, strand in column 6 (BED)
[--dataset DATASET]  dataset (HDF5); it brings its own bins
"""
OPTIONS = """
--bundle BUNDLE    folder bundle/ that train wrote
[--genome GENOME]  genome (FASTA) of --bed
[--genes GENES]    file with one gene of --dataset a line; default: all
[--bins BINS]      TSV of gene and log2(1 + normalised count) of each bin
[--fold N]         predict by this fold only; default: mean of all
[--held-out]       predict each gene of --dataset by the fold that did not see it
[--both-strands]   average over both strands of the promoter
[--sequence-only]  only the sequence part of a full model
[--threads N]      CPU threads; default: the backend's choice
--output OUTPUT    TSV of gene, predicted and sd between folds; - for stdout
"""


def run(args: Arguments) -> None:
    from deepexpr.errors import UsageError
    from deepexpr.files import write_table
    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.prediction import predict_table

    if args.bed and not args.genome:
        raise UsageError("--bed needs --genome.", fix="Give the genome FASTA of the BED file.")
    if (args.held_out or args.genes) and not args.dataset:
        raise UsageError("--held-out and --genes choose genes of --dataset, which is not given.")
    others = {"--genes": args.genes, "--fold": args.fold, "--bins": args.bins,
              "--sequence-only": args.sequence_only or None}  # fmt: skip
    if args.held_out and (given := [name for name, value in others.items() if value is not None]):
        raise UsageError(
            f"{given[0]} does not go with --held-out.",
            expected="--held-out alone: all test genes of the bundle, each by its own fold",
        )
    configure(args.threads)
    bundle = Bundle.open(args.bundle)
    if args.held_out:
        table = _held_out(args, bundle)
    else:
        names, examples = _examples(args, bundle)
        table = predict_table(
            bundle, names, examples, args.fold, args.both_strands, args.sequence_only
        )
    write_table(table, args.output)


def _held_out(args: Arguments, bundle):
    from deepexpr.features.dataset import Dataset

    return bundle.predict_held_out(Dataset.open(args.dataset), strands=args.both_strands)


def _examples(args: Arguments, bundle):
    from deepexpr.errors import InputError
    from deepexpr.features.dataset import BINS, PROMOTER, Dataset
    from deepexpr.files import reading
    from deepexpr.model import prediction
    from deepexpr.model.examples import Examples

    info = bundle.info
    if args.dataset:
        dataset = bundle.fitting(Dataset.open(args.dataset))
        names = dataset.gene.tolist()
        if args.genes:
            with reading(args.genes, "list of genes") as handle:
                names = [line.strip() for line in handle if line.strip()]
            if not names:
                raise InputError("The list names no gene.", where=args.genes)
        rows = dataset.index_of(names)
        if trained := bundle.trained_on(dataset.gene[rows], args.fold):
            log.warning(
                "%d of the %d genes were among those that the networks were trained on: these are "
                "no held-out predictions (--held-out predicts each gene by the fold that did not "
                "see it)",
                trained, len(rows),
            )  # fmt: skip
        examples = Examples(dataset.inputs).take(rows)
    elif args.fasta:
        names, sequence = prediction.promoters_from_fasta(args.fasta, info["length"])
        examples = Examples({PROMOTER: sequence})
    else:
        names, sequence = prediction.promoters_from_bed(
            args.bed, args.genome, info["length"], info["tss_index"]
        )
        examples = Examples({PROMOTER: sequence})
    if PROMOTER in examples.arrays:
        prediction.warn_of_unknown(
            examples.arrays[PROMOTER], args.dataset or args.fasta or args.bed
        )
    if args.bins:
        if len(bundle.targets) > 1:
            raise InputError(
                "The bundle reads bins of several targets, and --bins holds those of one.",
                where=args.bundle,
                found=", ".join(bundle.targets),
                fix="Predict by --dataset, or by a bundle of one target.",
            )
        bins = prediction.bins_of(args.bins, names, info["bins"])
        bundle.check_loops(bins, args.bins)
        examples = examples.changed(**{BINS: bins})
    return names, examples
