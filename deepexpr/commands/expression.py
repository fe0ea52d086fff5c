"""Sum counts by gene and normalise them: log10(count + 0.1), quantiles."""

import logging

from deepexpr.expression.sections import ExpressionSection
from deepexpr.options import OF_SAMPLE, Arguments, given, named, of_samples

log = logging.getLogger(__name__)


OPTIONS = f"""
--genes GENES                    TSV of genes: the rows of the output
[--transcripts TRANSCRIPTS]      TSV of transcripts and their genes; needed with --abundance
[--abundance {OF_SAMPLE}...]     kallisto's abundance.tsv, or its folder, of one sample; repeat
[--gene-counts {OF_SAMPLE}...]   a table of gene symbol and count (or TPM) of one sample; repeat
[--value-column SAMPLE=NAME...]  column of the values of a sample given by --gene-counts, where
                                 there are several
[--reads SAMPLE=TSV...]          how many reads a sample given by --abundance has, as `deepexpr
                                 reads` counted them: stop where kallisto read fewer; repeat
--counts COUNTS                  TSV: gene, then counts of each sample
--output OUTPUT                  TSV: gene, then log10 expression of each cell line
"""
SETTINGS = ExpressionSection


def run(args: Arguments) -> None:
    from deepexpr.expression.abundance import read_abundance, require_all_read
    from deepexpr.expression.gene_counts import count_table, sum_by_gene, warn_of_loci
    from deepexpr.expression.gene_tables import read_gene_counts
    from deepexpr.expression.normalise import expression_table
    from deepexpr.files import read, write_table
    from deepexpr.reference.genes import read_genes
    from deepexpr.schemas import TRANSCRIPTS

    settings = given(args, ExpressionSection)
    replicates = _replicates([*args.abundance, *args.gene_counts], bool(args.transcripts), args)
    columns = named(args.value_column, "--value-column", "SAMPLE=NAME")
    counted = named(args.reads, "--reads", "SAMPLE=TSV")
    genes = read_genes(args.genes)
    samples = {}
    if args.abundance:
        transcripts = read(TRANSCRIPTS, args.transcripts)
        warn_of_loci(transcripts)
        for _, sample, path in of_samples(args.abundance):
            if sample in counted:
                require_all_read(path, counted[sample])
            _judge_share(path, settings)
            samples[sample] = sum_by_gene(read_abundance(path).rename(sample), transcripts)
    for _, sample, path in of_samples(args.gene_counts):
        samples[sample] = read_gene_counts(path, columns.get(sample))
    counts = count_table(samples, genes)
    expression = expression_table(counts, replicates, settings.pseudocount, settings.normalisation)
    write_table(counts, args.counts)
    write_table(expression, args.output)


def _judge_share(path: str, settings: ExpressionSection) -> None:
    """Look at the share of reads that pseudoaligned; a table alone is only warned of, unless the
    limit was asked for."""
    from deepexpr.expression.abundance import require_pseudoaligned, run_info_path

    asked = "minimum_pseudoaligned" in settings.model_fields_set
    info = run_info_path(path)
    if settings.minimum_pseudoaligned and not asked and not info.exists():
        log.warning("%s is not there: how many reads pseudoaligned is not known", info)
    elif settings.minimum_pseudoaligned:
        require_pseudoaligned(path, settings.minimum_pseudoaligned)


def _replicates(items: list[str], has_transcripts: bool, args: Arguments) -> dict[str, list[str]]:
    from deepexpr.errors import UsageError
    from deepexpr.options import of_samples

    if not items:
        raise UsageError("No sample is given.", fix="Give --abundance or --gene-counts.")
    if args.abundance and not has_transcripts:
        raise UsageError("--abundance needs --transcripts, the genes of the transcripts.")
    replicates: dict[str, list[str]] = {}
    for cell_line, sample, _ in of_samples(items):
        replicates.setdefault(cell_line, []).append(sample)
    return replicates
