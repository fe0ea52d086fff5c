"""Sequences of the places that loops join to a gene, few enough to check by eye."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.features.enhancers import enhancer_inputs, gene_contacts
from deepexpr.features.places import contacted_places, window_starts
from deepexpr.features.sections import EnhancerFeatures
from deepexpr.reference.fasta import open_genome

SETTINGS = EnhancerFeatures(bins=40, bin_size=5000, enhancers=2, enhancer_width=100)
GENES = pd.DataFrame(
    {
        "gene": ["plus", "minus", "alone"],
        "chromosome": ["chr1", "chr1", "chr2"],
        "tss": [50_000, 50_100, 10_000],
        "strand": ["+", "-", "+"],
    }
)
LOOPS = pd.DataFrame(
    [
        ("chr1", 45_000, 50_000, "chr1", 70_000, 75_000, 2.0),
        ("chr1", 50_000, 55_000, "chr1", 70_000, 75_000, 3.0),  # the same place: summed
        ("chr1", 20_000, 25_000, "chr1", 50_000, 55_000, 7.0),
        ("chr1", 50_000, 55_000, "chr1", 90_000, 95_000, 1.0),  # the weakest, and only two enter
        ("chr1", 45_000, 50_000, "chr1", 50_000, 55_000, 9.0),  # within the genes' own window
        ("chr1", 50_000, 55_000, "chr1", 160_000, 165_000, 9.0),  # beyond the bins
        ("chr1", 50_000, 55_000, "chr2", 9_000, 12_000, 9.0),  # between chromosomes
    ],
    columns=["chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "normalised"],
)


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    rng = np.random.default_rng(0)
    letters = {
        name: "".join(np.array(list("acgt"))[rng.integers(0, 4, 200_000)])
        for name in ("chr1", "chr2")
    }
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in letters.items()))
    with open_genome(path) as opened:
        yield opened, letters


def test_the_strongest_contacts_of_each_gene(genome):
    opened, letters = genome
    contacts = gene_contacts(GENES, LOOPS, SETTINGS)
    assert contacts[["row", "slot", "start", "normalised"]].to_numpy().tolist() == [
        [0, 0, 22_450, 7], [0, 1, 72_450, 5], [1, 0, 22_450, 7], [1, 1, 72_450, 5],
    ]  # fmt: skip
    # Above 0 in the direction of the gene.
    assert contacts["distance"].tolist() == [-27_500, 22_500, 27_600, -22_400]
    inputs = enhancer_inputs(contacts, len(GENES), opened, SETTINGS)
    assert inputs["enhancers"].shape == (3, 2, 100)
    first = inputs["enhancers"][0, 0].tobytes().decode()
    assert first == letters["chr1"][22_450:22_550].upper()
    np.testing.assert_allclose(inputs["contacts"][1], [[3, 27_600], [np.log2(6), -22_400]])
    assert (inputs["enhancers"][2] == ord("N")).all()
    assert not inputs["contacts"][2].any()


def test_peaks_cut_the_letters_and_leave_out_what_is_closed(genome, caplog):
    opened, letters = genome
    peaks = pd.DataFrame(
        [("chr1", 24_980, 25_400, 5.0), ("chr1", 21_000, 21_900, 3.0), ("chr1", 71_000, 71_900, 1)],
        columns=["chromosome", "start", "end", "height"],
    )
    contacts = gene_contacts(GENES, LOOPS, SETTINGS, peaks=peaks)
    assert contacts.loc[contacts["row"] == 0, ["start", "end"]].to_numpy().tolist() == [
        [24_980, 25_000], [71_400, 71_500],
    ]  # fmt: skip
    assert contacts["distance"].tolist()[:2] == [-27_500, 22_500]  # of the anchors' middles
    inputs = enhancer_inputs(contacts, len(GENES), opened, SETTINGS)
    found = inputs["enhancers"][0, 0].tobytes().decode()
    assert found == "N" * 40 + letters["chr1"][24_980:25_000].upper() + "N" * 40
    places = contacted_places(contacts, len(GENES), SETTINGS)
    assert places[0].tolist() == [[24_980, 25_000], [71_400, 71_500]]
    assert not places[2].any()
    assert window_starts(places, 100)[0].tolist() == [24_980 - 40, 71_400]


def test_a_place_stands_in_its_window_as_text_is_centred():
    for width in (7, 8):
        for length in range(1, width + 1):
            text = ("A" * length).center(width, "N")
            place = np.array([100, 100 + length])
            assert window_starts(place, width) == 100 - text.index("A")


def test_without_a_peak_no_place_brings_letters(genome, caplog):
    opened, _ = genome
    peaks = pd.DataFrame([("chr1", 0, 10, 1.0)], columns=["chromosome", "start", "end", "height"])
    none = gene_contacts(GENES, LOOPS, SETTINGS, peaks=peaks.iloc[:0])
    assert none.empty
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert ["of one genome build?" in text for text in warnings] == [True]
    assert not enhancer_inputs(none, len(GENES), opened, SETTINGS)["contacts"].any()


def test_a_genome_of_other_names_is_refused(genome):
    contacts = gene_contacts(GENES, LOOPS, SETTINGS).assign(chromosome="1")
    with pytest.raises(InputError, match="no chromosome 1"):
        enhancer_inputs(contacts, len(GENES), genome[0], SETTINGS)
