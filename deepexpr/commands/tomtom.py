"""Compare motifs with known ones (TomTom)."""

from deepexpr.motifs.sections import TomtomSection
from deepexpr.options import Arguments, given

OPTIONS = """
--query MEME       motifs to compare
[--tax-group TAX_GROUP (vertebrates)]  JASPAR's taxonomic group; 'all' for all
[--all]            report all pairs, whatever their E
[--best TSV]       also write the best target of each query, whatever its E
[--summary TSV]    also write how many queries match
[--seed N (1)]     seed of the shuffles
[--threads N (1)]  threads of memelite
--output TSV       pairs of query and target
"""
SETTINGS = TomtomSection


def run(args: Arguments) -> None:
    from deepexpr.errors import InputError
    from deepexpr.features.meme_format import read_meme
    from deepexpr.files import write_table
    from deepexpr.motifs import tomtom
    from deepexpr.motifs.jaspar import load_targets

    if args.null_shuffles and not args.summary:
        raise InputError("--null-shuffles is reported in --summary.", fix="Give --summary too.")
    settings, options = given(args, TomtomSection), given(args, tomtom.TomtomOptions)
    queries = read_meme(args.query)
    targets = load_targets(settings.targets, None if args.tax_group == "all" else args.tax_group)
    table = tomtom.compare(queries, targets, options)
    write_table(table if args.all else tomtom.significant(table, settings.e_value), args.output)
    if args.best:
        write_table(tomtom.best_matches(table), args.best)
    if args.summary:
        summary = tomtom.known_share(
            table,
            queries,
            targets,
            options,
            e_value=settings.e_value,
            shuffles=settings.null_shuffles,
            seed=args.seed,
        )
        write_table(summary, args.summary)
