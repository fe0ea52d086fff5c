"""Score the variants of a VCF: both alleles by a bundle's networks, and known motifs."""

import logging

from deepexpr.motifs.sections import TargetSection
from deepexpr.options import ALIASES, Arguments, given
from deepexpr.variants.sections import ScoringSection

log = logging.getLogger(__name__)

ONE_OF = """
[--dataset H5]             dataset: its genes, and what else networks read of them
[--genes TSV]              genes (`deepexpr promoters --table`)
[--annotation ANNOTATION]  annotation, from which genes and TSS are taken as `promoters` does
"""
OPTIONS = f"""
--bundle DIR...           trained network; of several, the first that was not left out
--vcf VCF                 variants, plain, gzip or bgzip
--genome FASTA            genome of the VCF
[--sequence-only]         only the sequence part of a full model
[--fold N]                one fold (default: mean of all)
[--leave-out-mismatches]  leave out, and count, variants whose REF is not what the genome holds
[--seed N (1)]            of the random variants
[--threads N]             CPU threads of the network
[--output VCF]            the VCF with INFO fields DX_*; bgzip where the name ends in .gz
[--table TSV]             one row per allele and promoter
[--places TSV]            one row per allele and contact of a gene in whose place it lies (networks
                          of the variant enhancers)
[--summary TSV]           what became of how many alleles
{ALIASES}
"""
FIELDS = {TargetSection: TargetSection.model_fields}
SETTINGS = ScoringSection


def run(args: Arguments) -> None:
    import deepexpr
    from deepexpr.errors import UsageError
    from deepexpr.features.bundles import first_trained
    from deepexpr.files import write_table
    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.motifs.jaspar import load_targets
    from deepexpr.reference.aliases import read_aliases
    from deepexpr.reference.fasta import open_genome
    from deepexpr.variants.annotate import Annotator
    from deepexpr.variants.sources import make_region

    if not (args.output or args.table or args.places):
        raise UsageError("Nothing is to be written.", expected="--output, --table or --places")
    settings = given(args, ScoringSection)
    bundle = Bundle.open(first_trained(args.bundle))
    sources = _sources(args, bundle)
    motifs = load_targets(given(args, TargetSection).targets) if settings.p_value else []
    configure(args.threads)
    with open_genome(args.genome) as genome:
        aliases = read_aliases(args.aliases, genome.references) if args.aliases else None
        regions = [make_region(each, genome, aliases, motifs, settings) for each in sources]
        source = (
            f"deepexpr {deepexpr.__version__}, bundle {bundle.info['fingerprint']}, "
            f"{bundle.info['cell_line']}, {bundle.info['task']}"
        )
        annotator = Annotator(args.vcf, regions, source)
        hit = annotator.survey(args.leave_out_mismatches)
        summary = annotator.summary()
        for row in summary[summary["alleles"] > 0].itertuples():
            log.info("%d %s", row.alleles, row.item)
        for region, rows in zip(regions, hit, strict=True):
            region.require_same_letters(rows, args.dataset or args.genome)
            region.learn_background(rows, settings, args.seed)
        annotator.write(args.output, _tables(args, sources))
    if args.summary:
        write_table(summary, args.summary)


def _tables(args: Arguments, sources):
    """The table of each of `sources`; those of what the networks do not read have a head alone."""
    from deepexpr.files import writing
    from deepexpr.variants.sources import ContactedPlaces, Promoters

    paths = {Promoters.PREFIX: args.table, ContactedPlaces.PREFIX: args.places}
    read = [source.PREFIX for source in sources]
    for kind in (Promoters, ContactedPlaces):
        path = paths[kind.PREFIX]
        if path and kind.PREFIX not in read:
            log.warning("%s: empty, as the networks read no %ss", path, kind.PLACE)
            with writing(path) as handle:
                handle.write("\t".join(kind.TABLE) + "\n")
    return [paths[prefix] for prefix in read]


def _sources(args: Arguments, bundle):
    """Promoters, contacted places, or both, as the networks read them."""
    import pandas as pd

    from deepexpr.features.dataset import CONTACTS, PROMOTER, Dataset
    from deepexpr.features.sequence import encode_bytes
    from deepexpr.files import read
    from deepexpr.reference.promoters import promoter_sequences
    from deepexpr.schemas import GENES
    from deepexpr.variants.sources import ContactedPlaces, Promoters

    reads_places = CONTACTS in bundle.inputs and not args.sequence_only
    if not reads_places:
        bundle.require_promoters()
    if not args.dataset:
        genes = read(GENES, args.genes) if args.genes else _annotated(args)
        tss_index = bundle.info["tss_index"]
        downstream = bundle.info["length"] - tss_index
        found = promoter_sequences(genes, args.genome, tss_index, downstream)
        return [Promoters(bundle, genes, encode_bytes(found), {}, args.fold, args.sequence_only)]
    dataset = bundle.fitting(Dataset.open(args.dataset))
    sources: list[Promoters | ContactedPlaces] = []
    if PROMOTER in bundle.inputs:
        columns = ("gene", "chromosome", "tss", "strand")
        genes = pd.DataFrame({name: getattr(dataset, name) for name in columns})
        others = {name: array for name, array in dataset.inputs.items() if name != PROMOTER}
        given_of = genes, dataset.sequence, others
        sources.append(Promoters(bundle, *given_of, args.fold, args.sequence_only))
    if reads_places:
        sources.append(ContactedPlaces(bundle, dataset, args.fold))
    return sources


def _annotated(args: Arguments):
    from deepexpr.reference.aliases import read_aliases
    from deepexpr.reference.annotation import read_annotation
    from deepexpr.reference.fasta import chromosome_sizes
    from deepexpr.reference.genes import select_genes
    from deepexpr.reference.sections import PromoterSection

    settings, sizes = PromoterSection(), chromosome_sizes(args.genome)
    aliases = read_aliases(args.aliases, sizes) if args.aliases else None
    annotation = read_annotation(args.annotation, sizes, args.genome, aliases=aliases)
    return select_genes(annotation.transcripts, settings.tss_rule, settings.biotypes)
