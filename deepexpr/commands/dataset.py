"""Join promoters, expression and loops of one cell line into a dataset (HDF5)."""

from deepexpr.features.sections import EnhancerFeatures
from deepexpr.options import Arguments, given, named

OPTIONS = """
--genes GENES                 TSV of genes, as written by promoters: all of the assembly, as what
                              --signal says of a gene counts the genes at its loops' other ends
--promoters PROMOTERS         FASTA of promoters, named by gene
[--expression EXPRESSION]     TSV: gene, then log10 expression of each cell line; needed but with
                              --unmeasured
[--unmeasured]                keep genes without an expression value: a dataset for predict alone
[--only-genes FILE]           keep these genes, one a line, and count all of --genes all the same
--cell-line CELL_LINE         column of --expression
--assembly ASSEMBLY           name of the assembly, such as hg38
[--signal SIGNAL]             TSV of normalised loops, as written by signal; leave out for no HiChIP
[--target-signal TARGET=TSV...]
                              the same of each target (H3K27ac, YY1 ...), in place of --signal
[--bin-array BIN_ARRAY]       bins of every gene (.npy), in place of --signal
[--bin-rows BIN_ROWS]         table whose first column names the array's rows
[--no-anchors]                leave out what --signal says beyond bins
[--genome FASTA]              with the sequences of the strongest contacts of each gene, which the
                              network `enhancers` reads, out of the genome
[--peaks BED]                 BED or narrowPeak of accessible places: each sequence is that of the
                              anchor's highest peak, and anchors without one bring none
[--promoter-window N (5000)]  bp around the TSS that an anchor must overlap to be the gene's
[--tss-index N (1000)]        0-based position of the TSS base in the promoters: bp upstream
--output OUTPUT               dataset (HDF5)
"""
SETTINGS = EnhancerFeatures


def run(args: Arguments) -> None:
    from contextlib import nullcontext

    import pandas as pd

    from deepexpr.errors import UsageError
    from deepexpr.expression.tables import expression_of, read_expression
    from deepexpr.features.arrays import array_bins, read_rows
    from deepexpr.features.build import build_dataset
    from deepexpr.features.dataset import write_dataset
    from deepexpr.files import read, read_gene_list
    from deepexpr.motifs.beds import read_peaks
    from deepexpr.reference.fasta import open_genome, read_fasta
    from deepexpr.reference.genes import read_genes
    from deepexpr.schemas import SIGNAL

    if not args.expression and not args.unmeasured:
        raise UsageError(
            "--expression is needed.",
            fix="Give the table, or --unmeasured for genes that are only to be predicted.",
        )
    if bool(args.bin_array) != bool(args.bin_rows) or (args.bin_array and args.signal):
        raise UsageError("Bins are given by --bin-array and --bin-rows together, without --signal.")
    if args.target_signal and (args.signal or args.bin_array or len(args.target_signal) < 2):
        raise UsageError("--target-signal gives two targets or more, without --signal or bins.")
    if args.peaks and not args.genome:
        raise UsageError("--peaks says which letters of --genome are read, so they go together.")
    if args.genome and not (args.signal or args.target_signal):
        raise UsageError("--genome gives the sequences of loops' anchors, so it needs --signal.")
    settings = given(args, EnhancerFeatures)
    signal = read(SIGNAL, args.signal) if args.signal else None
    if args.target_signal:
        paths = named(args.target_signal, "--target-signal", "TARGET=TSV")
        signal = {target: read(SIGNAL, path) for target, path in paths.items()}
    expression = pd.Series(dtype=float)
    if args.expression:
        table = read_expression(args.expression)
        expression = expression_of(table, args.cell_line, args.expression)
    with open_genome(args.genome) if args.genome else nullcontext() as genome:
        dataset = build_dataset(
            read_genes(args.genes),
            read_fasta(args.promoters),
            expression,
            cell_line=args.cell_line,
            assembly=args.assembly,
            signal=signal,
            binned=array_bins(args.bin_array, read_rows(args.bin_rows), settings.bins)
            if args.bin_array
            else None,
            bins=settings.bins,
            bin_size=settings.bin_size,
            promoter_window=args.promoter_window,
            tss_index=args.tss_index,
            anchors=not args.no_anchors,
            genome=genome,
            peaks=read_peaks(args.peaks) if args.peaks else None,
            contacted=settings,
            unmeasured=args.unmeasured,
            only=read_gene_list(args.only_genes) if args.only_genes else None,
        )
    write_dataset(dataset, args.output, unmeasured=args.unmeasured)
