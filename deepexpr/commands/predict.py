"""Predict expression, or P(expressed), by a bundle of networks, or of a baseline (by --dataset)."""

import logging

from deepexpr.options import Arguments

log = logging.getLogger(__name__)


ONE_OF = """
[--fasta FASTA]      promoters in the gene's orientation (FASTA)
[--bed BED]          promoters, or 1-bp TSS, strand in column 6 (BED)
[--dataset DATASET]  dataset (HDF5), also of unmeasured genes; it brings its own bins, and anchors,
                     which count all genes of the table that it was made from
"""
OPTIONS = """
--bundle BUNDLE    folder bundle/ that train or baseline wrote
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
    from deepexpr.features.bundles import read_record
    from deepexpr.files import write_table

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
    if read_record(args.bundle)["type"] == "baseline":
        table = _by_baseline(args)
    else:
        table = _by_networks(args)
    write_table(table, args.output)


def _by_networks(args: Arguments):
    from deepexpr.features.dataset import Dataset
    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.prediction import predict_table

    configure(args.threads)
    bundle = Bundle.open(args.bundle)
    if args.held_out:
        dataset = Dataset.open(args.dataset, unmeasured=True)
        return bundle.predict_held_out(dataset, strands=args.both_strands)
    names, examples = _examples(args, bundle)
    return predict_table(bundle, names, examples, args.fold, args.both_strands, args.sequence_only)


def _by_baseline(args: Arguments):
    """The same table of a baseline's models, which read datasets alone."""
    import pandas as pd

    from deepexpr.baselines.bundle import BaselineBundle
    from deepexpr.errors import UsageError
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.predictions import mean_of_folds
    from deepexpr.features.splits import fold_roles

    bundle = BaselineBundle.open(args.bundle)
    unread = ("fasta", "bed", "bins", "both_strands", "sequence_only")
    if given := [f"--{name.replace('_', '-')}" for name in unread if getattr(args, name)]:
        raise UsageError(
            f"{given[0]} does not go with a baseline ({bundle.method}).",
            where=args.bundle,
            fix="Give a dataset (--dataset; deepexpr dataset --unmeasured makes one of new genes).",
        )
    dataset = Dataset.open(args.dataset, unmeasured=True)
    if args.held_out:
        tests = {fold: fold_roles(bundle.splits, fold)["test"] for fold in bundle.folds}
        tables = [
            {"fold": fold, "gene": genes, "predicted": bundle.predict(dataset, fold, genes)}
            for fold, genes in tests.items()
        ]
        return pd.concat(map(pd.DataFrame, tables), ignore_index=True)
    names = _chosen(args, bundle, dataset)
    folds = bundle.folds if args.fold is None else [args.fold]
    return mean_of_folds(names, [bundle.predict(dataset, fold, names) for fold in folds])


def _chosen(args: Arguments, bundle, dataset) -> list[str]:
    """The genes of the dataset that are asked for; a warning where models were trained on some."""
    from deepexpr.files import read_gene_list

    names = read_gene_list(args.genes) if args.genes else dataset.gene.tolist()
    if trained := bundle.trained_on(dataset.gene[dataset.index_of(names)], args.fold):
        log.warning(
            "%d of the %d genes were among those that the models were trained on: these are "
            "no held-out predictions (--held-out predicts each gene by the fold that did not "
            "see it)",
            trained, len(names),
        )  # fmt: skip
    return names


def _examples(args: Arguments, bundle):
    from deepexpr.errors import InputError
    from deepexpr.features.dataset import BINS, PROMOTER, Dataset
    from deepexpr.model import prediction
    from deepexpr.model.examples import Examples

    info = bundle.info
    if args.dataset:
        dataset = bundle.fitting(Dataset.open(args.dataset, unmeasured=True))
        names = _chosen(args, bundle, dataset)
        examples = Examples(dataset.inputs).take(dataset.index_of(names))
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
