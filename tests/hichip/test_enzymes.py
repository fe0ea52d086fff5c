"""Junctions derived from sites: digestion, fill-in (or not), ligation."""

import pytest

from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import ENZYMES, Junction, expand, junctions, parse_enzymes


def found(text):
    return {j.sequence: j.left for j in junctions(parse_enzymes(text))}


@pytest.mark.parametrize(
    ("enzyme", "expected"),
    [
        ("MboI", {"GATCGATC": 4}),
        ("dpnii", {"GATCGATC": 4}),
        ("Sau3AI", {"GATCGATC": 4}),
        ("HindIII", {"AAGCTAGCTT": 5}),
        ("HinfI", {"GANTANTC": 4}),
        ("Arima", {"GATCGATC": 4, "GATCANTC": 4, "GANTGATC": 4, "GANTANTC": 4}),
        # 3' overhang: nothing to fill in, the ends ligate as they were cut.
        ("NlaIII", {"CATG": 4}),
        # Blunt.
        ("AG^CT", {"AGCT": 2}),
        # Own site with a 3' overhang shorter than the site (KpnI, GGTAC^C).
        ("GGTAC^C", {"GGTACC": 5}),
    ],
)
def test_junctions(enzyme, expected):
    assert found(enzyme) == expected


def test_several_names_and_sites_equal_the_kit():
    assert found("^GATC,G^ANTC") == found("Arima") == found("MboI, HinfI")


def test_an_enzyme_given_twice_counts_once():
    assert junctions(parse_enzymes("MboI,DpnII")) == (Junction("GATCGATC", 4),)


def test_a_filled_end_does_not_ligate_to_a_3_prime_overhang():
    assert found("MboI,NlaIII") == {"GATCGATC": 4, "CATG": 4}


def test_iupac_codes_expand_to_all_plain_sequences():
    assert expand("GANTRC") == sorted(f"GA{n}T{r}C" for n in "ACGT" for r in "AG")


def test_an_unknown_enzyme_lists_the_known_ones_and_the_syntax():
    with pytest.raises(InputError) as caught:
        parse_enzymes("MboII")
    text = str(caught.value)
    assert all(name in text for name in ENZYMES)
    assert "'MboII'" in text
    assert "A^AGCTT" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Arima-HiC", "Did you mean Arima? "),
        ("Mbo1", "Did you mean MboI? "),
        ("GATC", "Write ^GATC or MboI. "),
        ("Dovetail", "Dovetail makes several kits: write Omni-C or Micro-C"),
        ("Phase", "Phase makes several kits: write the enzymes that"),
        ("none,MboI", "none stands alone"),
        ("Zzz", "Write the recognition site"),
    ],
)
def test_an_unknown_name_is_told_the_closest(name, words):
    with pytest.raises(InputError) as caught:
        parse_enzymes(name)
    assert caught.value.fix.startswith(words)
    assert "one of MboI, " in caught.value.expected


@pytest.mark.parametrize("site", ["GA^", "^GAXC", "G^AT^C", "^", "GATC,", "^GATCA"])
def test_a_bad_site_is_an_input_error(site):
    with pytest.raises(InputError):
        parse_enzymes(site)
