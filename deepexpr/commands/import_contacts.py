"""Take contacts and depths of bins from a contact map (.cool, .mcool, .hic)."""

from deepexpr.hichip.sections import ContactSection
from deepexpr.options import ALIASES, Arguments, given

OPTIONS = f"""
--map MAP                  .cool, .mcool, or .hic
--sample SAMPLE            name of the sample in the QC table
--chrom-sizes CHROM_SIZES  TSV of the genome's chromosomes, bp
--output OUTPUT            TSV of contacts
--depth DEPTH              TSV of bins and the mate ends in them
--qc QC                    TSV of counts (sample, metric, value)
{ALIASES}
"""
SETTINGS = ContactSection


def run(args: Arguments) -> None:
    from deepexpr.files import write_table
    from deepexpr.hichip.chromosomes import read_chromosomes
    from deepexpr.hichip.contact_maps import contacts_of_map, map_quality
    from deepexpr.hichip.contacts import write_contacts

    genome = read_chromosomes(args.chrom_sizes, args.aliases)
    contacts, counts = contacts_of_map(args.map, genome, given(args, ContactSection))
    write_contacts(contacts, args.output, args.depth)
    write_table(map_quality(args.sample, counts), args.qc)
