"""Splice transcripts from a genome, or check given ones, and tabulate their genes."""

from deepexpr.options import ALIASES, Arguments

OPTIONS = f"""
--genome GENOME          genome FASTA, plain or bgzip
--annotation ANNOTATION  GTF, GFF3 or UCSC refGene/genePred
[--transcripts-fasta TRANSCRIPTS_FASTA]
                         take these transcripts (cDNA) in place of splicing; their names are checked
                         against the annotation
[--output OUTPUT]        FASTA of the transcripts, spliced or given
[--table TABLE]          TSV of transcripts and their genes
{ALIASES}
"""


def run(args: Arguments) -> None:
    from deepexpr.errors import UsageError
    from deepexpr.files import write_table
    from deepexpr.reference.aliases import read_aliases
    from deepexpr.reference.annotation import read_annotation
    from deepexpr.reference.fasta import chromosome_sizes, write_fasta
    from deepexpr.reference.genes import tell_of_several_loci
    from deepexpr.reference.transcriptome import (
        check_transcript_names,
        given_transcripts,
        spliced_transcripts,
    )
    from deepexpr.schemas import TRANSCRIPTS

    if not args.output and not args.table:
        raise UsageError("Nothing is to be written.", fix="Give --output, --table or both.")
    given = args.transcripts_fasta
    sizes = chromosome_sizes(args.genome)
    # Given transcripts may lie on haplotypes that the genome file lacks: they still count.
    aliases = read_aliases(args.aliases, sizes) if args.aliases else None
    annotation = read_annotation(
        args.annotation, sizes, args.genome, keep_all=bool(given), aliases=aliases
    )
    if given:
        check_transcript_names(given, annotation.transcripts, args.annotation)
    if args.output:
        records = (
            given_transcripts(given) if given else spliced_transcripts(annotation, args.genome)
        )
        write_fasta(records, args.output)
    if args.table:
        tell_of_several_loci(annotation.transcripts)
        write_table(annotation.transcripts[list(TRANSCRIPTS)], args.table)
