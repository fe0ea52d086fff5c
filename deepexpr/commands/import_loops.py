"""Read tables of loops that another program called, as a cell line's signal."""

from deepexpr.hichip.sections import CutoffSection
from deepexpr.options import ALIASES, Arguments, given, named

OPTIONS = f"""
--table SAMPLE=PATH...           loops of one replicate: BEDPE with counts, Origami's CSV, cLoops2,
                                 WashU text or another table whose header names the anchors; repeat
                                 for each
[--value-column SAMPLE=NAME...]  column of the counts of a sample, where the header leaves it open
--chrom-sizes CHROM_SIZES        chromosomes of the genome
--output TSV                     loops with their counts and signal
{ALIASES}
"""
FIELDS = {CutoffSection: ("confidence",)}


def run(args: Arguments) -> None:
    from deepexpr.files import write_table
    from deepexpr.hichip.chromosomes import read_chromosomes
    from deepexpr.hichip.loop_tables import imported_signal, read_loop_table

    cutoff = given(args, CutoffSection).confidence
    columns = named(args.value_column, "--value-column", "SAMPLE=NAME")
    tables = {
        name: read_loop_table(path, columns.get(name), cutoff)
        for name, path in named(args.table, "--table", "SAMPLE=PATH").items()
    }
    genome = read_chromosomes(args.chrom_sizes, args.aliases)
    if genome.aliases:
        tables = {
            name: genome.aliases.rename_anchors(table, f"loops of {name}")
            for name, table in tables.items()
        }
    write_table(imported_signal(tables, genome.lengths, args.chrom_sizes), args.output)
