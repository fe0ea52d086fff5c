"""Call loops among contacts, with Origami's Bayesian mixture model or another caller."""

from deepexpr.hichip.callers.origami import OrigamiSettings
from deepexpr.hichip.sections import CallSection
from deepexpr.options import Arguments, given

_OWN = "caller_settings"
#: Settings of Origami's own that are options of the verb.
_ORIGAMI = ("thin", "trans", "count_cap", "threads")


OPTIONS = """
--contacts TSV...  contacts: both anchors (chromosome, start, end; 0-based half-open) and the PET
                   count; header optional; several files are replicates and are summed
--depth TSV...     reads per anchor: chromosome, start, end, reads; several files are summed
[--require-loops]  an error where no contact is a loop
[--seed N (1)]     seed of the random numbers
--output BEDPE     all contacts, tested
[--loops BEDPE]    only the loops, same columns
[--qc TSV]         numbers of contacts and loops, rates, reason
[--interact BED]   only the loops, UCSC interact, for bedToBigBed
[--longrange TXT]  only the loops, WashU longrange text
"""
SETTINGS, SHOWN = CallSection, [n for n in CallSection.model_fields if n != _OWN]
FIELDS = {OrigamiSettings: _ORIGAMI}


def run(args: Arguments) -> None:
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.hichip import bedpe
    from deepexpr.hichip.callers import caller_settings
    from deepexpr.hichip.loops import call_loops, quality_table

    section = given(args, CallSection)
    told = {name: getattr(args, name) for name in _ORIGAMI if getattr(args, name) is not None}
    threads = told.pop("threads", 1)
    own = section.caller_settings | told
    settings = caller_settings(section.to_dict() | {_OWN: own}, threads=threads)
    contacts, depth = bedpe.pool_contacts(args.contacts), bedpe.pool_depth(args.depth)
    calls = call_loops(contacts, depth, settings, args.seed, section.confidence, section.caller)
    loops = calls.loops
    if args.require_loops and loops.empty:
        raise InputError(
            f"No contact was called a loop: {calls.reason or 'there is no contact'}.",
            where=", ".join(args.contacts),
            fix="Sequence deeper, lower loops.confidence, or set strict to false.",
        )
    bedpe.write_bedpe(calls.parts(), args.output)
    writers = (
        (args.loops, bedpe.write_bedpe, loops),
        (args.interact, bedpe.write_interact, loops),
        (args.longrange, bedpe.write_longrange, loops),
        (args.qc, write_table, quality_table(calls)),
    )
    for path, write, table in writers:
        if path:
            write(table, path)
