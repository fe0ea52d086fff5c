"""`deepexpr transcriptome`: the transcripts that kallisto counts, and their genes."""

from __future__ import annotations

import argparse

HELP = "Splice transcripts from a genome, or check given ones, and tabulate their genes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--genome", required=True, help="genome FASTA, plain or bgzip")
    parser.add_argument("--annotation", required=True, help="GTF, GFF3 or UCSC refGene/genePred")
    parser.add_argument(
        "--transcripts-fasta",
        help="use these transcripts (cDNA); their names are checked against the annotation",
    )
    parser.add_argument(
        "--output",
        required=True,
        help="FASTA of spliced transcripts, or none with --transcripts-fasta",
    )
    parser.add_argument("--table", required=True, help="TSV of transcripts and their genes")


def run(args: argparse.Namespace) -> None:
    """Read the annotation; splice, or check names; write."""
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.reference.annotation import read_annotation
    from deepexpr.reference.fasta import chromosome_sizes, write_fasta
    from deepexpr.reference.transcriptome import check_transcript_names, spliced_transcripts
    from deepexpr.schemas import TRANSCRIPTS

    splice = args.output != "none"
    if not splice and not args.transcripts_fasta:
        raise InputError(
            "--output none leaves no transcripts.", fix="Give --transcripts-fasta or an --output."
        )
    if splice and args.transcripts_fasta:
        raise InputError(
            "Transcripts are given, so none are spliced.",
            found=f"--output {args.output} with --transcripts-fasta",
            fix="Write --output none.",
        )
    sizes = chromosome_sizes(args.genome)
    # Given transcripts may lie on haplotypes that the genome file lacks: they still count.
    annotation = read_annotation(args.annotation, sizes, args.genome, keep_all=not splice)
    if splice:
        write_fasta(spliced_transcripts(annotation, args.genome), args.output)
    else:
        check_transcript_names(args.transcripts_fasta, annotation.transcripts, args.annotation)
    write_table(annotation.transcripts[list(TRANSCRIPTS)], args.table)
