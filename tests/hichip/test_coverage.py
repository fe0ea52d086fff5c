"""The caller `coverage`: its background, its p-values, its q-values, and its edges."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, false_discovery_control

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip import coverage
from deepexpr.hichip.callers import both, find_caller
from deepexpr.hichip.callers.coverage import CoverageSettings, call, find_peaks
from deepexpr.hichip.coverage import false_discovery, judge_counts, pairs_to_test
from deepexpr.hichip.sections import CallSection

BIN = 5000


def library(bins=300, loops=30, seed=1, power=1.0, strength=15.0):
    """Contacts, depth and which contacts are loops: a known background over all pairs of bins."""
    rng = np.random.default_rng(seed)
    reads = np.where(rng.random(bins) < 0.15, 600, 150) + rng.poisson(30, bins)
    first, second = np.triu_indices(bins, 2)
    near = second - first <= 150
    first, second = first[near], second[near]
    relative = reads / reads.mean()
    expected = 20 / (second - first) * (relative[first] * relative[second]) ** power
    peak = reads >= 1.5 * np.median(reads)
    candidates = np.flatnonzero((peak[first] | peak[second]) & (second - first > 10))
    planted = np.zeros(len(first), bool)
    planted[rng.choice(candidates, loops, replace=False)] = True
    count = rng.poisson(expected + strength * planted)
    seen = count > 0
    contacts = pd.DataFrame(
        {
            "chromosome1": "chr1", "start1": first[seen] * BIN, "end1": (first[seen] + 1) * BIN,
            "chromosome2": "chr1", "start2": second[seen] * BIN, "end2": (second[seen] + 1) * BIN,
            "count": count[seen],
        }
    )  # fmt: skip
    start = np.arange(bins) * BIN
    depth = pd.DataFrame({"chromosome": "chr1", "start": start, "end": start + BIN, "reads": reads})
    return contacts, depth, planted[seen], expected[seen]


def test_q_values_are_those_of_benjamini_and_hochberg():
    p = np.random.default_rng(2).random(50) ** 3
    np.testing.assert_allclose(false_discovery(p, 50), false_discovery_control(p))
    more = np.r_[p, np.ones(150)]
    np.testing.assert_allclose(false_discovery(p, 200), false_discovery_control(more)[:50])
    assert false_discovery(np.zeros(0), 0).tolist() == []


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_the_background_that_made_the_counts_is_found(power):
    contacts, depth, _, expected = library(power=power, loops=0)
    tested = pairs_to_test(contacts, depth, np.ones(len(depth), bool), False)
    result = judge_counts(tested)
    assert result.power == pytest.approx(power, abs=0.06)
    ratio = result.expected / expected[tested.rows]
    assert np.abs(np.log(ratio)).mean() < 0.1
    total = tested.count.sum()
    np.testing.assert_allclose(result.p, binom.sf(tested.count - 1, total, result.expected / total))


def test_possible_pairs_are_all_pairs_of_anchors_that_could_have_met():
    contacts, depth, _, _ = library(bins=60)
    peak = np.arange(60) % 7 == 0
    for both_peaks in (False, True):
        tested = pairs_to_test(contacts, depth, peak, both_peaks)
        wanted = 0
        for i in range(60):
            for j in range(i + 2, 60):  # neighbours touch
                has = peak[i] and peak[j] if both_peaks else peak[i] or peak[j]
                wanted += bool(has) and (j - i) * BIN <= tested.distance.max()
        assert tested.pairs.sum() == wanted
        assert (tested.pairs.sum(axis=1) > 0).all()


def test_planted_loops_are_called_and_false_ones_are_as_few_as_q_says():
    right = called = found = planted = 0
    for seed in range(4):
        contacts, depth, truth, _ = library(seed=seed)
        confidence = call(contacts, depth, CoverageSettings(), 1).confidence
        loops = confidence > 0.9
        right += (loops & truth).sum()
        called += loops.sum()
        found += (loops & truth).sum()
        planted += truth.sum()
    assert found / planted > 0.8
    assert 1 - right / called < 0.15  # 0.1 is promised


def test_outliers_do_not_raise_the_background():
    contacts, depth, truth, expected = library(loops=200, strength=60)
    tested = pairs_to_test(contacts, depth, np.ones(len(depth), bool), False)
    result = judge_counts(tested)
    assert result.outliers >= 190
    others = ~truth[tested.rows]
    assert np.log(result.expected / expected[tested.rows])[others].mean() == pytest.approx(
        0, abs=0.1
    )


def test_contacts_that_are_not_tested_have_no_confidence():
    contacts, depth, _, _ = library()
    trans = contacts.iloc[:1].assign(chromosome2="chr2", start2=0, end2=BIN, count=900)
    touching = contacts.iloc[:1].assign(start1=0, end1=BIN, start2=BIN, end2=2 * BIN, count=900)
    more = pd.concat([contacts, trans, touching], ignore_index=True)
    other = pd.DataFrame({"chromosome": ["chr2"], "start": [0], "end": [BIN], "reads": [900]})
    settings = CoverageSettings(pairs="all")
    result = call(more, pd.concat([depth, other], ignore_index=True), settings, 1)
    assert result.confidence[-2:].tolist() == [0, 0]
    assert (result.confidence >= 0).all()
    assert (result.confidence <= 1).all()


def test_peaks_are_given_or_those_of_many_reads_or_all_anchors(tmp_path):
    _, depth, _, _ = library()
    (tmp_path / "peaks.bed").write_text(f"chr1\t{3 * BIN + 7}\t{4 * BIN + 1}\n")
    given = find_peaks(depth, CoverageSettings(peaks=str(tmp_path / "peaks.bed")))
    assert np.flatnonzero(given).tolist() == [3, 4]
    deep = find_peaks(depth, CoverageSettings(peak_depth=2.0))
    reads = depth["reads"].to_numpy()
    assert (deep == (reads >= 2 * np.median(reads))).all()
    ragged = depth.assign(end=depth["start"] + 500 + np.arange(len(depth)))
    assert find_peaks(ragged, CoverageSettings()).all()


@pytest.mark.parametrize("pairs", ["all", "peak_to_all", "peak_to_peak"])
def test_degenerate_contacts_are_valid_and_explained(pairs):
    contacts, depth, _, _ = library(bins=40, loops=0)
    settings = CoverageSettings(pairs=pairs)
    empty = call(contacts.iloc[:0], depth, settings, 1)
    assert len(empty.confidence) == 0
    assert "no" in empty.reason
    one = call(contacts[contacts["start2"] > contacts["end1"]].iloc[:1], depth, settings, 1)
    assert len(one.confidence) == 1
    flat = call(contacts, depth.assign(reads=7), CoverageSettings(pairs="all"), 1)
    assert np.isfinite(flat.confidence).all()
    with pytest.raises(InputError, match="without a depth"):
        call(contacts, depth.iloc[:3], settings, 1)


def test_the_curve_never_rises():
    place = np.linspace(4, 6, 30)
    number = np.full(30, 400.0)
    weight = number / np.exp(-place + 0.4 * np.sin(9 * place))
    curve = coverage._falling_curve(place, number, weight)
    assert (np.diff(curve(np.linspace(3.5, 6.5, 500))) <= 1e-12).all()


def written(tmp_path):
    contacts, depth, truth, _ = library()
    contacts.to_csv(tmp_path / "c.tsv", sep="\t", index=False)
    depth.to_csv(tmp_path / "d.tsv", sep="\t", index=False)
    return truth


def test_both_is_what_both_call_and_counts_the_overlap(tmp_path):
    written(tmp_path)
    own = {"caller": "both", "iterations": 300, "burn_in": 50, "chains": 1}
    paths = [f"--{n}={tmp_path / n}" for n in ("output", "loops", "qc")]
    inputs = ["--contacts", str(tmp_path / "c.tsv"), "--depth", str(tmp_path / "d.tsv")]
    assert main(["call-loops", *inputs, *paths, "--settings", json.dumps(own)]) == 0
    table = read_table(tmp_path / "output")
    one, two = table["confidence.origami"], table["confidence.coverage"]
    np.testing.assert_allclose(table["confidence"], np.minimum(one, two))
    quality = read_table(tmp_path / "qc", dtype=str).set_index("metric")["value"]
    apart = table["distance"] > BIN
    sets = [set(np.flatnonzero((c > 0.9) & apart)) for c in (one, two)]
    assert int(quality["loops_origami"]) == len(sets[0])
    assert int(quality["loops_coverage"]) == len(sets[1])
    assert int(quality["loops_both"]) == len(sets[0] & sets[1]) == table["loop"].sum() > 0
    assert float(quality["loops_jaccard"]) == pytest.approx(
        len(sets[0] & sets[1]) / len(sets[0] | sets[1]), abs=1e-4
    )
    assert len(read_table(tmp_path / "loops")) == table["loop"].sum()


@pytest.mark.parametrize("taken", ["origami", "coverage"])
def test_of_both_one_may_be_taken_with_the_other_beside(tmp_path, taken):
    contacts, depth, _, _ = library()
    sampler = {"iterations": 100, "burn_in": 20, "chains": 1}
    settings = both.BothSettings(loops_of=taken, **sampler)
    alone = find_caller(taken)
    fields = {name: v for name, v in sampler.items() if name in alone.SETTINGS.model_fields}
    expected = alone.call(contacts, depth, alone.SETTINGS(**fields), 1)
    found = both.call(contacts, depth, settings, 1)
    np.testing.assert_array_equal(found.confidence, expected.confidence)
    assert set(found.columns) == {"confidence.origami", "confidence.coverage"}
    assert expected.quality.items() <= found.quality.items()
    section = CallSection(caller="both", loops_of=taken, **sampler).to_dict()
    assert both.methods(section) == alone.methods(section)


def test_both_takes_the_settings_of_both():
    fields = set(both.BothSettings.model_fields)
    for name in ("coverage", "origami"):
        assert set(find_caller(name).SETTINGS.model_fields) <= fields
