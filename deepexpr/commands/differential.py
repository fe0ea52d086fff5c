"""Test which loops differ between two cell lines, beside the change of expression."""

from deepexpr.options import OF_SAMPLE, Arguments, named, of_samples

OPTIONS = f"""
--loops CELL_LINE=BEDPE...  called loops of the two cell lines; changes are of the second over the
                            first
--contacts {OF_SAMPLE}...   contacts of each replicate, two or more of either cell line
[--genes GENES]             TSV of genes (`deepexpr promoters --table`)
[--expression EXPRESSION]   TSV: gene, then log10 expression of each cell line
--output TSV                every loop of either line
"""


def run(args: Arguments) -> None:
    import pandas as pd

    from deepexpr.errors import InputError, UsageError
    from deepexpr.files import read, write_table
    from deepexpr.hichip.bedpe import read_contacts
    from deepexpr.hichip.differential import add_expression, differential_loops
    from deepexpr.hichip.signal import read_called_loops
    from deepexpr.reference.genes import read_genes
    from deepexpr.schemas import EXPRESSION_KEY, Table

    loops = named(args.loops, "--loops", "CELL_LINE=BEDPE")
    items = of_samples(args.contacts)
    if len(loops) != 2 or any(line not in loops for line, _, _ in items):
        raise UsageError(
            "--loops are of two cell lines, --contacts of their samples.",
            expected=f"two of CELL_LINE=BEDPE, and {OF_SAMPLE} of these lines",
            found=" ".join([*args.loops, *args.contacts]),
        )
    if bool(args.genes) != bool(args.expression):
        raise UsageError("--genes and --expression belong together.")
    first, second = loops
    contacts = {sample: read_contacts(path) for _, sample, path in items}
    samples = [sample for line, sample, _ in items if line == second]
    table = differential_loops([read_called_loops(p) for p in loops.values()], contacts, samples)
    change = pd.Series(dtype=float)
    genes = pd.DataFrame({"gene": [], "chromosome": [], "tss": []})
    if args.genes:
        genes = read_genes(args.genes)
        values = read(Table(EXPRESSION_KEY), args.expression, rest="number")
        absent = [line for line in loops if line not in values.columns]
        if absent:
            raise InputError(
                f"The expression of {', '.join(absent)} is not in the table.",
                where=args.expression,
                expected=f"columns {first} and {second}",
                found=", ".join(map(str, values.columns[1:])),
            )
        values = values.set_index(EXPRESSION_KEY)
        change = values[second] - values[first]
    write_table(add_expression(table, genes, change), args.output)
