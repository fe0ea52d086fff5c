"""Predict a cell line by the models of another assembly's cell lines, through orthologues."""

from deepexpr.options import Arguments

OPTIONS = """
--bundle BUNDLE...         folders of trained bundles, networks or baselines: of each method, one
                           per cell line of the other assembly
--measured MEASURED...     datasets (HDF5) of these cell lines: of families, and what is copied
--dataset DATASET          dataset of the target cell line (HDF5)
--orthologues ORTHOLOGUES  TSV that `deepexpr orthologues` wrote
--genes GENES              TSV: orthologue, standing and fold of each gene of the target
--output OUTPUT            TSV of predictions: genes with one orthologue, by every method and copy
--apart APART              the same of genes without orthologue, by every method
"""


def run(args: Arguments) -> None:
    import pandas as pd

    from deepexpr.evaluation.cross_cell_line import alike, open_bundles
    from deepexpr.evaluation.cross_species import NONE, assign_genes, predict_species
    from deepexpr.evaluation.orthologues import ONE_TO_ONE
    from deepexpr.features.dataset import Dataset
    from deepexpr.files import read, write_table
    from deepexpr.schemas import ORTHOLOGUES, PREDICTIONS, SPECIES_GENES

    methods = open_bundles(args.bundle)
    if not methods:  # as they were left out, so is this
        write_table(pd.DataFrame(columns=list(SPECIES_GENES)), args.genes)
        for path in (args.output, args.apart):
            write_table(pd.DataFrame(columns=list(PREDICTIONS)), path)
        return
    target, sources = Dataset.open(args.dataset), [Dataset.open(path) for path in args.measured]
    methods, sources = alike(methods, sources, target)
    bundles = [bundle for own in methods.values() for bundle in own]
    genes = assign_genes(target, sources, bundles, read(ORTHOLOGUES, args.orthologues))
    for path, standing in ((args.output, ONE_TO_ONE), (args.apart, NONE)):
        write_table(predict_species(methods, target, sources, genes, standing), path)
    write_table(genes, args.genes)
