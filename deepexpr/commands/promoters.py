"""Cut the promoters of genes (one TSS each) from a genome."""

from deepexpr.options import ALIASES, Arguments, given
from deepexpr.reference.sections import PromoterSection

OPTIONS = f"""
--genome GENOME                 genome FASTA, plain or bgzip
--annotation ANNOTATION         GTF, GFF3, UCSC refGene/genePred, or a table of accession,
                                chromosome, strand, start, end, symbol; told by content
--output OUTPUT                 FASTA of promoters, in the gene's orientation
[--assembly ASSEMBLY]           name of the build, such as hg38; the genome's chromosomes must have
                                its lengths
[--table TABLE]                 TSV of the genes, in the order of the FASTA
[--chromosomes CHROMOSOMES...]  use only genes on these; default: all of the genome
{ALIASES}
"""
SETTINGS = PromoterSection
FLAGS = {"biotypes": "--biotype"}


def run(args: Arguments) -> None:
    from deepexpr.files import write_table
    from deepexpr.reference.aliases import read_aliases
    from deepexpr.reference.annotation import read_annotation
    from deepexpr.reference.builds import check_build
    from deepexpr.reference.chromosomes import restrict_chromosomes
    from deepexpr.reference.fasta import chromosome_sizes, write_fasta
    from deepexpr.reference.genes import select_genes
    from deepexpr.reference.promoters import promoter_records, promoter_sequences

    settings = given(args, PromoterSection)
    sizes = chromosome_sizes(args.genome)
    if args.assembly:
        check_build(args.assembly, sizes, args.genome)
    aliases = read_aliases(args.aliases, sizes) if args.aliases else None
    annotation = read_annotation(
        args.annotation, sizes, args.genome, chromosomes=args.chromosomes or None, aliases=aliases
    )
    transcripts = annotation.transcripts
    if args.chromosomes:
        transcripts = restrict_chromosomes(transcripts, args.chromosomes)
    genes = select_genes(transcripts, settings.tss_rule, settings.biotypes)
    sequences = promoter_sequences(genes, args.genome, settings.upstream, settings.downstream)
    write_fasta(promoter_records(genes, sequences, settings.upstream), args.output)
    if args.table:
        write_table(genes, args.table)
