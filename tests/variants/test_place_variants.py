"""The verb for a network that reads contacted places: a word in them times the contact's count."""

import numpy as np
import pandas as pd
import pytest
from stand_in import LENGTH, UP, StandIn, count

from deepexpr.errors import InputError
from deepexpr.features.dataset import CONTACTS, ENHANCERS, Dataset, write_dataset
from deepexpr.features.places import window_starts
from deepexpr.letters import reverse_complement
from deepexpr.schemas import PLACE_VARIANTS

WIDTH = 30
#: start, end, log2(1 + count), distance of the contacts of both genes: one of both, whole, with
#: the word at 205; one of the first gene, cut to its accessible part; an empty slot.
CONTACTS_OF = {
    "plus": [(195, 225, 2.0, 10.0), (400, 413, 1.0, 206.0)],
    "minus": [(195, 225, 3.0, 90.0), (0, 0, 0.0, 0.0)],
}


class Reader(StandIn):
    """Counts the word in the promoter, and in each place times the contact's strength."""

    inputs = {"promoter": (LENGTH,), ENHANCERS: (2, WIDTH), CONTACTS: (2, 2)}  # noqa: RUF012
    info = {**StandIn.info, "model": {"both_strands": True}}  # noqa: RUF012

    def fitting(self, dataset):
        return dataset

    def predict_examples(self, examples, fold, sequence_only=False):
        value = count(examples.arrays["promoter"])
        if not sequence_only:
            for slot in range(2):
                found = count(examples.arrays[ENHANCERS][:, slot])
                value = value + examples.arrays[CONTACTS][:, slot, 0] * found
        return np.stack([value, 2 * value])


def masked(text, start, end):
    """The genome with N beyond a part that is narrower than the window."""
    if end - start == WIDTH:
        return text
    return "N" * start + text[start:end] + "N" * (len(text) - end)


def window(text, start, end, gain=0):
    """Letters of a place around its middle, which an insertion in front of it moves."""
    first = int(window_starts(np.array([start, end]), WIDTH)) + gain
    return text[first : first + WIDTH]


@pytest.fixture
def places(small, monkeypatch):
    """`small` with a dataset of both genes' contacts; `run` reads it."""
    from deepexpr.model.bundle import Bundle

    monkeypatch.setattr(Bundle, "open", classmethod(lambda cls, path: Reader()))
    text = small.text
    promoters = [text[180:220], reverse_complement(text[281:321])]
    letters = [
        [window(masked(text, a, b), a, b) if b else "N" * WIDTH for a, b, *_ in contacts]
        for contacts in CONTACTS_OF.values()
    ]
    table = np.array([*CONTACTS_OF.values()], dtype=float)
    small.dataset = Dataset(
        gene=np.array(["plus", "minus"]), chromosome=np.array(["chr1", "chr1"]),
        tss=np.array([200, 300]), strand=np.array(["+", "-"]),
        sequence=np.array([[*p.encode()] for p in promoters], np.uint8),
        expression=np.zeros(2, np.float32), label=np.array([1, -1], np.int8),
        cell_line="Toy", assembly="toy", tss_index=UP,
        bins=np.zeros((2, 4), np.float32), loop_count=np.zeros((2, 1), np.float32),
        loop_number=np.zeros((2, 1), np.int32),
        others={ENHANCERS: np.array([[[*x.encode()] for x in row] for row in letters], np.uint8),
                CONTACTS: table[:, :, 2:].astype(np.float32)},
        places=table[:, :, :2].astype(np.int64),
    )  # fmt: skip
    inner = small.run

    def run(vcf, *options):
        write_dataset(small.dataset, small.folder / "d.h5")
        given = ("--dataset", small.folder / "d.h5", "--places", small.folder / "p.tsv")
        inner(vcf, *given, *options, genes=False)
        return pd.read_csv(
            small.folder / "p.tsv", sep="\t", keep_default_na=False, na_values=["NA"]
        )

    small.run = run
    return small


def other(letter):
    return "ACGT"[("ACGT".index(letter) + 1) % 4]


def rows_for(text):
    """Single letters over all places, deletions and insertions on both sides of the middles."""
    rows = []
    for start in [*range(193, 227), *range(398, 415)]:
        rows.append(("chr1", start + 1, f"s{start}", text[start], other(text[start])))
    for start in (200, 207, 215, 402, 409):
        rows.append(("chr1", start + 1, f"d{start}", text[start : start + 3], text[start]))
        rows.append(("chr1", start + 1, f"i{start}", text[start], text[start] + "CCGCC"))
    return rows


def expected(text, gene, place, row):
    """Mean of both folds of both alleles: the changed place, all others as they are."""
    promoter = text[180:220] if gene == "plus" else reverse_complement(text[281:321])
    base = count(np.frombuffer(promoter.encode(), np.uint8)[None])[0]
    values = []
    for changed in (False, True):
        value = base
        for start, end, strength, _ in CONTACTS_OF[gene]:
            if not strength:
                continue
            whole, gain = masked(text, start, end), 0
            if changed and (start, end) == place:
                whole = whole[: row.start] + row.alternate + whole[row.end :]
                gain = len(row.alternate) - len(row.reference)
                gain *= row.end <= window_starts(np.array([start, end]), WIDTH) + WIDTH // 2
            letters = np.frombuffer(window(whole, start, end, gain).encode(), np.uint8)
            value += strength * count(letters[None])[0]
        values.append(1.5 * value)
    return values


def test_each_contact_of_each_gene_is_scored_with_the_rest_as_it_is(places):
    rows = rows_for(places.text)
    table = places.run(places.write(rows))
    assert tuple(table.columns) == PLACE_VARIANTS
    hit = set()
    for row in table.itertuples():
        place = (row.place_start, row.place_end)
        known = {each[:2]: each for each in CONTACTS_OF[row.gene]}[place]
        assert (row.count, row.distance) == pytest.approx((2 ** known[2] - 1, known[3]))
        assert row.strand == {"plus": "+", "minus": "-"}[row.gene]
        before, after = expected(places.text, row.gene, place, row)
        assert row.predicted_reference == pytest.approx(before)
        assert row.predicted_alternate == pytest.approx(after)
        assert row.effect == pytest.approx(after - before, abs=1e-9)
        hit.add((row.id, row.gene, place))
    single = {
        (f"s{start}", gene, each[:2]) for start in [*range(193, 227), *range(398, 415)]
        for gene, contacts in CONTACTS_OF.items() for each in contacts
        if each[0] <= start < each[1]
    }  # fmt: skip
    assert {one for one in hit if one[0].startswith("s")} == single
    assert {one[0] for one in hit if one[0][0] in "di"} == {
        row[2] for row in rows if row[2][0] in "di"
    }
    assert table["strands_sd"].isna().all()  # the network reads both
    assert table["shifts_sd"].notna().all()
    word = table[(table["id"] == "s208") & (table["gene"] == "minus")].iloc[0]
    assert word["effect"] < -3
    assert word["broken"] == "MA1:JUN;x"
    assert word["percentile"] > 70


def test_promoters_are_scored_as_without_places(places):
    vcf = places.write(rows_for(places.text))
    places.run(vcf, "--sequence-only")
    alone = (places.folder / "o.tsv").read_bytes()
    assert "contacted" not in (places.folder / "s.tsv").read_text()
    assert len((places.folder / "p.tsv").read_text().splitlines()) == 1
    places.run(vcf)
    beside = pd.read_csv(places.folder / "o.tsv", sep="\t")
    columns = ["chromosome", "start", "gene", "tss_distance", "made", "broken"]
    (places.folder / "alone.tsv").write_bytes(alone)
    before = pd.read_csv(places.folder / "alone.tsv", sep="\t")
    pd.testing.assert_frame_equal(beside[columns], before[columns])
    np.testing.assert_allclose(beside["effect"], before["effect"], atol=1e-9)
    summary = pd.read_csv(places.folder / "s.tsv", sep="\t").set_index("item")["alleles"]
    assert (
        summary["contacted places: scored"]
        == summary["alternate alleles"] - summary["contacted places: in no contacted place"]
    )


def test_the_vcf_has_fields_of_both_and_gives_way_to_the_next_run(places):
    text = places.text
    vcf = places.write([("chr1", 209, "w", text[208], f"{other(text[208])},*")])
    places.run(vcf, "--output", places.folder / "o.vcf")
    line = (places.folder / "o.vcf").read_text().splitlines()[-1]
    info = dict(entry.split("=") for entry in line.split("\t")[7].split(";"))
    assert (info["DX_GENE"], info["DX_PROMOTERS"]) == ("plus,.", "1,0")
    assert (info["DXE_GENE"], info["DXE_PLACES"], info["DXE_COUNT"]) == ("minus,.", "2,0", "7,.")
    places.run(places.folder / "o.vcf", "--sequence-only", "--output", places.folder / "a.vcf")
    again = (places.folder / "a.vcf").read_text()
    assert "DX_EFFECT" in again
    assert "DXE_" not in again


def test_other_letters_and_unknown_places_are_refused(places):
    text = places.text
    vcf = places.write([("chr1", 401, ".", other(text[400]), text[400])])
    with pytest.raises(InputError, match="1 of 1 alleles in contacted places"):
        places.run(vcf)
    assert places.run(vcf, "--leave-out-mismatches").empty
    good = places.write([("chr1", 401, ".", text[400], other(text[400]))])
    places.dataset.others[ENHANCERS][0, 1, 12] = ord("N")
    with pytest.raises(InputError, match="contacted place of plus has other letters"):
        places.run(good)
    object.__setattr__(places.dataset, "places", None)
    with pytest.raises(InputError, match="where its contacted places lie"):
        places.run(good)


def test_places_of_a_dataset_are_checked(places):
    object.__setattr__(places.dataset, "places", np.zeros((2, 3, 2), np.int64))
    with pytest.raises(InputError, match="not what a dataset holds"):
        write_dataset(places.dataset, places.folder / "x.h5")
