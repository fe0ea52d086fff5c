"""A genome held against the build that the configuration calls it."""

import pytest

from deepexpr.errors import InputError
from deepexpr.reference.builds import check_build
from deepexpr.reference.fasta import chromosome_sizes

HG19 = {"chr1": 249_250_621, "chr22": 51_304_566}
HG38 = {"chr1": 248_956_422, "chr22": 50_818_468}


@pytest.mark.parametrize("assembly", ["hg38", "GRCh38"])
@pytest.mark.parametrize("prefix", ["chr", ""])
def test_lengths_of_the_build_pass_under_either_name(assembly, prefix):
    sizes = {name.replace("chr", prefix): size for name, size in HG38.items()}
    check_build(assembly, {**sizes, "decoy": 5, "chrM": 16_571}, "g.fa")


def test_another_build_is_named():
    with pytest.raises(InputError) as caught:
        check_build("hg19", HG38, "g.fa")
    assert str(caught.value) == (
        "The genome is not hg19: 2 chromosome(s) have another length.\n"
        "  where: g.fa\n"
        "  expected: chr1 of 249,250,621 bp\n"
        "  found: 248,956,422 bp, as in GRCh38 or hg38\n"
        "  fix: Give the genome and the annotation of one build, and call the assembly by its name."
    )


def test_cut_chromosome_is_no_build():
    with pytest.raises(InputError) as caught:
        check_build("hg19", {"chr1": 1000}, "g.fa")
    assert caught.value.found == "1,000 bp"


def test_own_genomes_are_not_checked():
    check_build("demo", {"chr1": 1000}, "g.fa")
    check_build("danRer11", {"chr1": 1000}, "g.fa")


def test_real_chromosomes_are_hg38(real_genome):
    sizes = chromosome_sizes(real_genome)
    check_build("hg38", sizes, str(real_genome))
    with pytest.raises(InputError, match="The genome is not hg19: 2 chromosome"):
        check_build("hg19", sizes, str(real_genome))
