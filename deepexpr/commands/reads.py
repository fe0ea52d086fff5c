"""Count the reads of an RNA-seq sample to their ends, compare mates, and tell the strand."""

from deepexpr.options import Arguments

OPTIONS = """
--fq1 FQ1...               FASTQ of the first mates
[--fq2 FQ2...]             FASTQ of the second mates; none for single-end reads
--transcripts TRANSCRIPTS  FASTA of the index's transcripts
[--strandedness {unstranded,forward,reverse} (unstranded)]
                           as which they will be read: forward where mate 1 reads like the
                           transcript
--output OUTPUT            TSV: metric, value
"""


def run(args: Arguments) -> None:
    import pandas as pd

    from deepexpr.checks.strand import read_strands, require_strand
    from deepexpr.errors import UsageError
    from deepexpr.files import write_table
    from deepexpr.hichip.fastq import count_reads

    if args.fq2 and len(args.fq1) != len(args.fq2):
        raise UsageError(
            "There are not as many files of second mates as of first ones.",
            found=f"{len(args.fq1)} and {len(args.fq2)}",
        )
    second = args.fq2 or [None] * len(args.fq1)
    reads = sum(count_reads(*files) for files in zip(args.fq1, second, strict=True))
    strands = read_strands(args.fq1[0], args.transcripts)
    require_strand(strands, args.strandedness, args.fq1[0])
    rows = {"reads": reads, "forward": strands.forward, "reverse": strands.reverse}
    write_table(pd.DataFrame({"metric": list(rows), "value": list(rows.values())}), args.output)
