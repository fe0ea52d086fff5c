"""Count pairs between 5 kb bins (or peaks), and reads per anchor."""

from deepexpr.hichip.settings import ContactSettings
from deepexpr.options import Arguments, given

OPTIONS = """
--pairs PAIRS        valid pairs, 4DN .pairs (plain or compressed)
--output OUTPUT      TSV of contacts: two intervals (0-based) and PETs
--depth DEPTH        TSV of anchors and their reads
[--anchors ANCHORS]  BED of peaks to use as anchors in place of bins
"""
SETTINGS = ContactSettings


def run(args: Arguments) -> None:
    from pathlib import Path

    from deepexpr.hichip.anchors import bins, read_anchors
    from deepexpr.hichip.contacts import count_contacts, write_contacts
    from deepexpr.hichip.pairs_format import PairsReader
    from deepexpr.hichip.runs import Tally

    settings = given(args, ContactSettings)
    folder = Path(args.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    with PairsReader(args.pairs) as pairs, Tally(folder) as tally:
        genome = pairs.chromosomes
        anchors = (
            read_anchors(args.anchors, genome)
            if args.anchors
            else bins(genome, settings.resolution)
        )
        contacts = count_contacts(pairs, anchors, settings, tally)
        write_contacts(contacts, args.output, args.depth)
