"""CisModule: sums and draws by enumeration, planted motifs found, nothing found in noise."""

import itertools

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme
from deepexpr.motifs.cismodule import forward, sampler, seeds
from deepexpr.motifs.cismodule.sampler import Parameters, compute_sums, draw_alignment
from deepexpr.motifs.cismodule.sequences import background, lay_out
from deepexpr.motifs.cismodule.settings import CismoduleSettings
from deepexpr.motifs.cismodule.summary import BED6, find_modules, same_motif
from deepexpr.options import add_verb
from deepexpr.schemas import CISMODULE_MOTIFS, CISMODULE_TRACE

RNG = np.random.default_rng


def tiny(sequences, length=4, widths=(2, 3), seed=0, r=0.2):
    rng = RNG(seed)
    data = lay_out([f"s{i}" for i in range(len(sequences))], sequences, 1, length)
    thetas = tuple(rng.dirichlet(np.ones(4), size=w) for w in widths)
    q = rng.dirichlet(np.ones(len(widths) + 1))
    return data, Parameters(thetas, q, r, length, (0,) * len(widths))


def parses_inside(length, widths):
    """All ways to fill a module: tuples of steps, 0 a letter and (k, strand) a site."""
    if length == 0:
        yield ()
        return
    for rest in parses_inside(length - 1, widths):
        yield (*rest, 0)
    for k, width in enumerate(widths):
        if width <= length:
            for rest in parses_inside(length - width, widths):
                for strand in (0, 1):
                    yield (*rest, (k, strand))


def enumerate_alignments(codes, letter_p, parameters):
    """(probability against the background, sites, modules) of every parse of one sequence."""
    widths, length, q = parameters.widths, parameters.length, parameters.q

    def inside(first):
        for steps in parses_inside(length, widths):
            weight, place, sites = 1.0, first, []
            for step in steps:
                if step == 0:
                    weight *= q[0]
                    place += 1
                    continue
                k, strand = step
                theta = parameters.thetas[k]
                matrix = theta[::-1, ::-1] if strand else theta
                weight *= q[k + 1] * 0.5
                for j in range(widths[k]):
                    code = codes[place + j]
                    weight *= matrix[j, code] / letter_p[place + j] if code < 4 else 0.0
                place += int(widths[k])
                sites.append((place - 1, k, strand))
            if weight > 0:
                yield weight, sites

    def outside(place):
        if place == len(codes):
            yield 1.0, [], []
            return
        for weight, sites, modules in outside(place + 1):
            yield weight * (1 - parameters.r), sites, modules
        if place + length <= len(codes):
            for weight, sites, modules in outside(place + length):
                for own, own_sites in inside(place):
                    yield (
                        weight * parameters.r * own,
                        own_sites + sites,
                        [place, *modules],
                    )

    yield from outside(0)


@pytest.mark.parametrize("seed", range(3))
def test_forward_sums_equal_enumeration(seed):
    rng = RNG(seed)
    sequences = ["".join(rng.choice(list("ACGTN"), size=7, p=[0.3, 0.2, 0.2, 0.25, 0.05]))] * 2
    sequences[1] = sequences[1][::-1] + "AC"
    data, parameters = tiny(sequences, seed=seed)
    letter_p = background(data.codes, 1)
    expected = 0.0
    for start, end in zip(data.starts, data.ends, strict=True):
        parses = enumerate_alignments(data.codes[start:end], letter_p[start:end], parameters)
        expected += np.log(sum(weight for weight, _, _ in parses))
    sums = compute_sums(data, parameters, negligible=0.0)
    assert sums.log_likelihood == pytest.approx(expected, rel=1e-10)


def test_draws_have_the_exact_probabilities():
    data, parameters = tiny(["ACGTGA"], length=3, widths=(2,), seed=4, r=0.3)
    letter_p = background(data.codes, 1)
    start = int(data.starts[0])
    exact = {}
    for weight, sites, modules in enumerate_alignments(
        data.codes[start : data.ends[0]], letter_p[start : data.ends[0]], parameters
    ):
        key = (frozenset(sites), frozenset(modules))
        exact[key] = exact.get(key, 0.0) + weight
    total = sum(exact.values())
    sums = compute_sums(data, parameters, negligible=0.0)
    rng = RNG(0)
    counts = dict.fromkeys(exact, 0)
    draws = 5_000
    for _ in range(draws):
        sites, modules = draw_alignment(data, sums, rng)
        key = (
            frozenset((int(last) - start, int(k), int(s)) for last, k, s in sites),
            frozenset((modules - start).tolist()),
        )
        counts[key] += 1
    for key, weight in exact.items():
        p = weight / total
        assert counts[key] / draws == pytest.approx(p, abs=5 * np.sqrt(p / draws) + 1e-4)


def test_site_ratios_by_hand_and_no_site_over_n():
    data = lay_out(["s"], ["ACGTNACG"], 0, 4)
    theta = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1]])
    out = np.empty(len(data.codes))
    tables = forward.word_tables(theta)
    forward.fill_site_ratios(data.words, data.log_background, tables, 2, out)
    letter_p = background(data.codes, 0)
    start = int(data.starts[0])
    expected = 0.5 * (0.7 * 0.7 + 0.1 * 0.1) / (letter_p[start] * letter_p[start + 1])
    assert out[start + 1] == pytest.approx(expected)
    inside = out[start : start + 8]
    assert inside[[4, 5]].tolist() == [0, 0]
    assert (inside[[1, 2, 3, 6, 7]] > 0).all()


def test_passing_over_unlikely_sites_hardly_changes_the_sum():
    rng = RNG(1)
    text = ["".join(rng.choice(list("ACGT"), size=400)) for _ in range(5)]
    data = lay_out(list("abcde"), text, 2, 100)
    thetas = tuple(rng.dirichlet(np.full(4, 0.2), size=9) for _ in range(2))
    parameters = Parameters(thetas, np.array([0.94, 0.03, 0.03]), 0.001, 100, (0, 0))
    exact = compute_sums(data, parameters, negligible=0.0).log_likelihood
    assert compute_sums(data, parameters).log_likelihood == pytest.approx(exact, abs=1e-3)


def test_sums_of_huge_ratios_stay_finite():
    data = lay_out(["s"], ["ACGTTGCA" * 100], 0, 400)
    theta = np.full((8, 4), 1e-9)
    theta[np.arange(8), [0, 1, 2, 3, 3, 2, 1, 0]] = 1 - 3e-9
    parameters = Parameters((theta,), np.array([0.5, 0.5]), 0.5, 400, (0,))
    # 8-letter sites fill the sequence: two modules of 50 sites.
    site = np.log(0.5 * 0.5 * (1 - 3e-9) ** 8 * 4.0**8)
    value = compute_sums(data, parameters).log_likelihood
    assert np.isfinite(value)
    assert value == pytest.approx(100 * site + 2 * np.log(0.5), abs=1.0)


def test_background_is_a_markov_chain_that_falls_back_at_gaps():
    codes = lay_out(["s"], ["ACACACNAC"], 0, 4).codes
    p = background(codes, 1)
    start = 8
    assert p[start] == p[start + 7]  # first letters: order 0
    assert p[start + 1] == pytest.approx((4 + p_letter(codes, 1)) / 5)
    assert p[start + 6] == 1.0


def p_letter(codes, letter):
    known = codes[codes < 4]
    return ((known == letter).sum() + 0.25) / (len(known) + 1)


def plant(rng, matrices, number, length, module, share):
    """Sequences with one module each (a share of them), three sites of each motif, and truth."""
    sequences, truth = [], []
    for i in range(number):
        codes = rng.integers(0, 4, length)
        if rng.random() < share:
            start = int(rng.integers(0, length - module))
            slots = rng.permutation(module // 20)[: 3 * len(matrices)]
            for slot, matrix in zip(slots, itertools.cycle(matrices)):
                site = np.array([rng.choice(4, p=column) for column in matrix])
                if rng.random() < 0.5:
                    site = 3 - site[::-1]
                place = start + slot * 20
                codes[place : place + len(site)] = site
                truth.append((i, place, place + len(site)))
        sequences.append("".join("ACGT"[c] for c in codes))
    return sequences, truth


def sharp(word, rng):
    matrix = np.full((len(word), 4), 0.04)
    matrix[np.arange(len(word)), ["ACGT".index(c) for c in word]] = 0.88
    return matrix


QUICK = CismoduleSettings(
    motifs=2, module_length=120, iterations=30, burn_in=20, chains=2, draws=50, width=9
)


@pytest.fixture(scope="module")
def planted():
    rng = RNG(7)
    matrices = [sharp(word, rng) for word in ("TGACTCATC", "GGAAACCGCA")]
    sequences, truth = plant(rng, matrices, 60, 500, 120, 0.7)
    names = [f"chr1:{1000 * i}-{1000 * i + 500}" for i in range(60)]
    return names, sequences, truth, matrices


@pytest.fixture(scope="module")
def result(planted):
    names, sequences, _, _ = planted
    return find_modules(names, sequences, QUICK, seed=1)


def test_planted_motifs_and_sites_are_found(planted, result):
    _, _, truth, matrices = planted
    assert len(result.supported) == 2
    for matrix in matrices:
        assert any(same_motif(matrix, motif.probabilities) for motif in result.supported)
    assert (result.table["chains_agreeing"] == 2).all()
    middles = np.array([1000 * i + (start + end) / 2 for i, start, end in truth])
    found = ((result.sites["start"] + result.sites["end"]) / 2).to_numpy()
    near = np.abs(found[:, None] - middles[None, :]) <= 2
    assert near.any(axis=1).mean() > 0.9  # precision
    assert near.any(axis=0).mean() > 0.8  # recall
    assert tuple(result.sites.columns) == tuple(result.modules.columns) == BED6
    assert (result.sites["chromosome"] == "chr1").all()
    assert tuple(result.table.columns) == CISMODULE_MOTIFS
    assert tuple(result.trace.columns) == CISMODULE_TRACE
    assert len(result.trace) == 2 * 30


def test_same_seed_same_result_whatever_the_threads(planted, result):
    names, sequences, _, _ = planted
    again = find_modules(names, sequences, QUICK, seed=1, threads=2)
    pd.testing.assert_frame_equal(again.sites, result.sites)
    pd.testing.assert_frame_equal(again.trace, result.trace)


def test_nothing_is_supported_in_random_sequences():
    rng = RNG(3)
    sequences = ["".join(rng.choice(list("ACGT"), size=500)) for _ in range(40)]
    result = find_modules([f"s{i}" for i in range(40)], sequences, QUICK, seed=2)
    assert result.supported == []
    assert len(result.sites) == len(result.modules) == 0


def test_extent_moves_restore_a_cut_motif(planted):
    names, sequences, _, matrices = planted
    data = lay_out(names, sequences, 2, 120)
    settings = QUICK.changed(min_width=5)
    chain = sampler.run_chain(data, [m[2:8] for m in matrices], settings, RNG(0))
    for theta, matrix in zip(chain.parameters[-1].thetas, matrices, strict=True):
        assert len(theta) >= len(matrix) - 1
        assert same_motif(theta, matrix)
    assert np.mean(chain.log_posterior[-10:]) > chain.log_posterior[0]


def test_module_length_moves_towards_the_truth(planted):
    names, sequences, _, matrices = planted
    data = lay_out(names, sequences, 2, 200)
    settings = QUICK.changed(module_length=200, module_length_step=20)
    chain = sampler.run_chain(data, matrices, settings, RNG(0))
    assert chain.parameters[-1].length < 180


def test_idle_motifs_start_again_on_unexplained_words(planted):
    names, sequences, _, matrices = planted
    data = lay_out(names, sequences, 2, 120)
    flat = np.full((9, 4), 0.25)
    chain = sampler.run_chain(data, [matrices[0], flat], QUICK, RNG(0))
    assert any(same_motif(theta, matrices[1]) for theta in chain.parameters[-1].thetas)


def test_seeds_are_the_planted_words(planted):
    names, sequences, _, matrices = planted
    data = lay_out(names, sequences, 2, 120)
    found = seeds.seed_matrices(*seeds.word_scores(data.codes), 2, 9, None)
    assert all(any(same_motif(seed, matrix) for seed in found) for matrix in matrices)


def test_settings_and_inputs_that_cannot_be_used():
    with pytest.raises(InputError, match="Unknown key 'motif_count'"):
        CismoduleSettings.of({"motif_count": 3}, "test")
    with pytest.raises(InputError, match="burn_in < iterations"):
        CismoduleSettings(iterations=10, burn_in=10)
    with pytest.raises(InputError, match="as long as a module"):
        find_modules(["s"], ["ACGT"], QUICK, seed=1)


def test_verb_writes_the_folder(planted, tmp_path):
    import argparse

    from deepexpr.commands import cismodule as command

    names, sequences, _, _ = planted
    fasta = tmp_path / "enhancers.fa"
    fasta.write_text("".join(f">{n}\n{s}\n" for n, s in zip(names, sequences, strict=True)))
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    arguments = [
        "--fasta", fasta, "--motifs", 2, "--module-length", 120, "--iterations", 30, "--burn-in",
        15, "--chains", 1, "--settings", '{"draws": 20}', "--output", tmp_path / "out",
        "--mask-lowercase",
    ]  # fmt: skip
    command.run(parser.parse_args(list(map(str, arguments))))
    names = {"motifs.meme", "motifs.tsv", "sites.bed", "modules.bed", "trace.tsv"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert len(read_meme(tmp_path / "out" / "motifs.meme")) == 2
    assert len(pd.read_csv(tmp_path / "out" / "trace.tsv", sep="\t")) == 30
    fields = (tmp_path / "out" / "sites.bed").read_text().splitlines()[0].split("\t")
    assert len(fields) == 6
    assert 500 <= int(fields[4]) <= 1000


def test_repeats_are_masked_and_nothing_else():
    from deepexpr.commands.cismodule import mask_repeats

    assert mask_repeats(["ACgtNA", "acGT"], "enhancers.fa") == ["ACNNNA", "NNGT"]


def test_genome_all_in_lower_case_is_an_error():
    from deepexpr.commands.cismodule import mask_repeats

    with pytest.raises(InputError, match=r"Every letter is lower-case"):
        mask_repeats(["acgt"], "enhancers.fa")


@pytest.mark.parametrize(
    "values",
    [{"width": "a"}, {"width": 9.5}, {"module_prior": 3}, {"module_prior": ["a", 3]},
     {"module_prior": [None, 3]}, {"letter_prior": True}],
)  # fmt: skip
def test_settings_of_a_wrong_type_are_named(values):
    with pytest.raises(InputError, match=r"is not of type|Field required"):
        CismoduleSettings.of(values, "test")


def test_narrow_motifs_are_never_shifted_beyond_themselves():
    rng = np.random.default_rng(3)
    sequences = ["".join(rng.choice(list("ACGT"), 120)) for _ in range(10)]
    settings = CismoduleSettings(
        motifs=2, module_length=50, width=2, min_width=2, max_width=6, iterations=30, burn_in=10,
        chains=1, extent_moves=2, draws=5,
    )  # fmt: skip
    found = find_modules([f"s{i}" for i in range(10)], sequences, settings, seed=1)
    assert found.table["width"].between(2, 6).all()
