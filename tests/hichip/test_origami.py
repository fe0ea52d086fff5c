"""The loop model: against R's output, a literal sampler, scipy's spline, and at its edges."""

from __future__ import annotations

import logging
import math

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import make_smoothing_spline
from scipy.stats import binom

from deepexpr.errors import InputError
from deepexpr.hichip.bedpe import ANCHORS, read_contacts, read_depth
from deepexpr.hichip.convergence import STOP_BELOW, split_rhat
from deepexpr.hichip.loops import call_loops
from deepexpr.hichip.origami import (
    OrigamiSettings,
    fit_origami,
    group_contacts,
    prior_parameters,
)
from deepexpr.hichip.sampler import likelihood_odds, split_counts
from deepexpr.hichip.smoothing import fit_spline, knot_number

QUICK = OrigamiSettings(mode="chiapet", iterations=200, burn_in=20, chains=1)


def simulated(number=400, seed=0, distances=40):
    rng = np.random.default_rng(seed)
    distance = rng.choice(np.geomspace(5000, 2e6, distances).astype(int), number)
    loop = rng.random(number) < 0.2
    count = 1 + rng.poisson(np.where(loop, 8, 0.3) + 20_000 / distance)
    return count, distance, np.ones(number), np.ones(number)


# --- the prior -----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["chiapet", "hichip"])
def test_prior_counts_other_contacts_at_the_anchors(mode):
    rng = np.random.default_rng(1)
    one, two = rng.integers(0, 12, 80), rng.integers(12, 24, 80)
    count = rng.integers(1, 6, 80)
    depth = rng.integers(5, 50, 24)
    alpha, beta = prior_parameters(one, two, count, depth[one], depth[two], mode)
    median = np.median(depth[one] * depth[two])
    for s in range(80):
        lists = [count[(one == a) | (two == a)] for a in (one[s], two[s])]
        if mode == "hichip":
            lists = [np.unique(values) for values in lists]
        values = np.concatenate(lists)
        extra = depth[one[s]] * depth[two[s]] // median if mode == "chiapet" else 0
        assert alpha[s] == 1 + (values < count[s]).sum()
        assert beta[s] == 1 + (values >= count[s]).sum() + extra


def test_prior_of_a_shared_first_anchor():
    # Anchor 0 has counts 1, 3; anchors 1 and 2 one each: worked by hand.
    ones = np.ones(2, int)
    alpha, beta = prior_parameters(
        np.array([0, 0]), np.array([1, 2]), np.array([1, 3]), ones, ones, "hichip"
    )
    assert alpha.tolist() == [1, 2]
    assert beta.tolist() == [1 + 2 + 1, 1 + 1 + 1]


def test_depth_zero_is_an_error_in_chiapet_mode_only():
    zero, one, two = np.zeros(2, int), np.array([0, 0]), np.array([1, 2])
    with pytest.raises(InputError, match="median"):
        prior_parameters(one, two, np.array([1, 2]), zero, zero, "chiapet")
    prior_parameters(one, two, np.array([1, 2]), zero, zero, "hichip")


# --- the spline ----------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [1e-5, 1e-2, 1.0])
def test_spline_with_all_knots_is_scipys(smoothing):
    rng = np.random.default_rng(2)
    x = np.sort(rng.uniform(3, 6.3, 60))
    y = np.sin(3 * x) + rng.normal(0, 0.4, 60)
    fitted = np.empty(60)
    fit_spline(x, np.ones(60), y, (y**2).sum(), 60, smoothing, fitted)
    np.testing.assert_allclose(fitted, make_smoothing_spline(x, y, lam=smoothing)(x), atol=1e-10)


def test_weights_are_scipys():
    rng = np.random.default_rng(3)
    x, weight = np.sort(rng.uniform(3, 6.3, 50)), rng.integers(1, 9, 50).astype(float)
    y = np.cos(2 * x) + rng.normal(0, 0.3, 50)
    fitted = np.empty(50)
    fit_spline(x, weight, weight * y, (weight * y**2).sum(), 50, 0.01, fitted)
    wanted = make_smoothing_spline(x, y, w=weight, lam=0.01)(x)
    np.testing.assert_allclose(fitted, wanted, atol=1e-10)


def test_gcv_of_unrepeated_abscissas_is_scipys():
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(3, 6.3, 60))
    y = np.sin(3 * x) + rng.normal(0, 0.4, 60)
    fitted = np.empty(60)
    fit_spline(x, np.ones(60), y, (y**2).sum(), 60, -1.0, fitted)
    assert np.abs(fitted - make_smoothing_spline(x, y)(x)).max() < 0.01


def test_gcv_of_repeated_abscissas_is_that_of_every_single_observation():
    """Aggregating must not change the choice: dense hat matrix of the unaggregated data."""
    rng = np.random.default_rng(4)
    x = np.sort(rng.uniform(3, 6.3, 30))
    place = np.sort(np.r_[np.arange(30), rng.integers(0, 30, 270)])
    y = np.sin(3 * x[place]) + rng.normal(0, 0.7, 300)
    weight = np.bincount(place).astype(float)
    total = np.bincount(place, weights=y)

    def criterion(smoothing):
        columns = [np.empty(30) for _ in range(30)]
        for i, column in enumerate(columns):
            fit_spline(x, weight, weight * (np.arange(30) == i), 1.0, 30, smoothing, column)
        # Columns of d fit / d mean; an observation's own weight in its mean is 1 / weight.
        hat = np.stack(columns, axis=1)
        residual = y - (hat @ (total / weight))[place]
        return (residual**2).mean() / (1 - np.trace(hat) / 300) ** 2

    chosen = fit_spline(x, weight, total, (y**2).sum(), 30, -1.0, np.empty(30))
    grid = chosen * np.geomspace(0.01, 100, 41)
    assert criterion(chosen) <= min(criterion(g) for g in grid) * (1 + 1e-4)


def test_spline_is_straight_beyond_its_data():
    x = np.linspace(0, 1, 40)
    weight = ((x > 0.3) & (x < 0.7)).astype(float)
    y = weight * (x - 0.5) ** 2
    fitted = np.empty(40)
    fit_spline(x, weight, y, (y**2).sum(), 0, 1e-6, fitted)
    assert np.abs(np.diff(fitted[x < 0.3], 2)).max() < 1e-12
    assert np.abs(np.diff(fitted[x > 0.7], 2)).max() < 1e-12
    assert fitted[0] > fitted[8] > 0


def test_too_few_distances_give_the_mean():
    fitted = np.empty(5)
    weight, total = np.array([2.0, 0, 0, 1, 0]), np.array([2.0, 0, 0, 4, 0])
    result = fit_spline(np.arange(5.0), weight, total, 18.0, 0, -1.0, fitted)
    assert result == math.inf
    assert fitted.tolist() == [2.0] * 5
    fit_spline(np.arange(5.0), np.zeros(5), np.zeros(5), 0.0, 0, -1.0, fitted)
    assert fitted.tolist() == [0.0] * 5


@pytest.mark.parametrize(
    ("distinct", "knots"), [(4, 4), (49, 49), (50, 50), (3200, 200), (9600, 205)]
)
def test_knot_number_is_rs(distinct, knots):
    assert knot_number(distinct) == knots


# --- the sampler ---------------------------------------------------------------------------


@pytest.mark.parametrize("contacts", [1, 5, 400])
@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_split_has_the_moments_of_single_binomials(contacts, count):
    rng = np.random.default_rng(5)
    draws = np.array([split_counts(rng, contacts, count, 0.3) for _ in range(4000)])
    rest = binom(count, 0.7)
    groups, squares = draws[:, 0], draws[:, 1]
    error = 5 / math.sqrt(4000)
    assert abs(groups.mean() - contacts * count * 0.3) <= error * groups.std()
    second = rest.var() + rest.mean() ** 2
    assert abs(squares.mean() - contacts * second) <= error * squares.std()
    spread = math.sqrt(contacts) * binom(count, 0.3).std()
    assert groups.std() == pytest.approx(spread, rel=0.06)


def test_odds_where_both_probabilities_underflow():
    assert likelihood_odds(5000, 37_600.0, 6.0, 1.0, math.log(6), 0.0) == (999.0, True)
    odds, fixed = likelihood_odds(3, math.log(6), 5.0, 1.0, math.log(5), 0.0)
    assert odds == pytest.approx(5**3 * math.exp(-4))
    assert not fixed


def literal_confidence(count, distance, alpha, beta, iterations, burn_in, seed):
    """The spec contact by contact, p_s drawn and not integrated out, nothing grouped."""
    rng = np.random.default_rng(seed)
    x, place = np.unique(np.log10(distance + 1.0), return_inverse=True)
    p, rates, curves = np.full(len(count), 0.5), np.array([1.0, 5.0]), np.zeros((2, len(x)))
    total, kept = np.zeros(len(count)), 0
    for iteration in range(1, burn_in + iterations + 1):
        rate = rates[:, None] + curves[:, place]
        probability = np.exp(count * np.log(rate) - rate)
        odds = p * probability[1] / ((1 - p) * probability[0])
        z = rng.random(len(count)) < odds / (1 + odds)
        p = rng.beta(alpha + z, beta + 1 - z)
        if iteration > burn_in and (iteration - burn_in) % 5:
            total, kept = total + z, kept + 1
        new = np.empty(2)
        for k, members in enumerate((~z, z)):
            share = np.clip(rates[k] / rate[k], 0.1, 0.9)
            group = rng.binomial(count, share)
            members = members & (count <= 30)
            new[k] = rng.gamma(1 + group[members].sum(), 1 / (1 + members.sum()))
            rest, at = (count - group)[members].astype(float), place[members]
            weight = np.bincount(at, minlength=len(x)).astype(float)
            sums = np.bincount(at, weights=rest, minlength=len(x))
            fit_spline(x, weight, sums, float((rest**2).sum()), 0, -1.0, curves[k])
            curves[k] = np.maximum(curves[k], 0)
        rates = np.array([new[0], max(new)])
    return total / kept


def test_grouping_and_integrating_leave_the_posterior_unchanged():
    count, distance, alpha, beta = simulated(number=300)
    beta = beta + count % 3
    literal = literal_confidence(count, distance, alpha, beta, 3000, 200, seed=1)
    settings = OrigamiSettings(mode="chiapet", iterations=6000, burn_in=200, chains=1)
    ours = fit_origami(count, distance, alpha, beta, settings, seed=2).confidence
    assert np.corrcoef(literal, ours)[0, 1] > 0.999
    assert np.abs(literal - ours).max() < 0.08


def test_every_contact_is_in_one_group_of_its_like():
    count, distance, alpha, beta = simulated()
    distance[:20] = -1
    grouping = group_contacts(count, distance, alpha, beta, QUICK)
    assert grouping.size.sum() == len(count)
    assert np.bincount(grouping.inverse).tolist() == grouping.size.tolist()
    cell = np.searchsorted(grouping.cell_groups, grouping.inverse, side="right") - 1
    assert (grouping.cell_count[cell] == count).all()
    assert (grouping.cell_cis[cell] == (distance >= 0)).all()
    x = grouping.distances[grouping.cell_distance[cell]]
    np.testing.assert_allclose(x[20:], np.log10(distance[20:] + 1.0))


def test_many_distances_are_rounded():
    count, distance, alpha, beta = simulated(distances=400)
    few = OrigamiSettings(mode="chiapet", max_distances=50, chains=1)
    grouping = group_contacts(count, distance, alpha, beta, few)
    assert len(grouping.distances) <= 51


def test_same_seed_same_result_and_chains_are_independent():
    data = simulated()
    first, second = fit_origami(*data, QUICK, 7), fit_origami(*data, QUICK, 7)
    assert (first.confidence == second.confidence).all()
    assert (first.trace == second.trace).all()
    two = OrigamiSettings(mode="chiapet", iterations=200, burn_in=20, chains=2, threads=2)
    chains = fit_origami(*data, two, 7)
    assert (chains.trace[0] == first.trace[0]).all()
    assert not (chains.trace[0] == chains.trace[1]).any()


def test_every_fifth_iteration_after_the_burn_in_is_left_out():
    assert fit_origami(*simulated(), QUICK, 1).kept == 160


def test_convergence_goes_to_the_log(caplog):
    settings = OrigamiSettings(mode="chiapet", iterations=4000, burn_in=200, chains=3)
    with caplog.at_level(logging.INFO):
        result = fit_origami(*simulated(), settings, 1)
    assert "R-hat over 3 chains: lambda0" in caplog.text
    assert result.rhat.shape == (3,)
    assert (result.rhat < 1.2).all()


@pytest.mark.slow
def test_chains_stop_early_when_they_agree_and_not_before():
    data = simulated()
    long = OrigamiSettings(
        mode="chiapet", iterations=60_000, burn_in=200, chains=4, stop_when_converged=True
    )
    early = fit_origami(*data, long, 1)
    run = early.trace.shape[1]
    assert 1000 <= run < 60_200
    assert run % 1000 == 0
    assert (early.rhat < STOP_BELOW).all()
    # The same iterations without the early stop: the same numbers.
    short = OrigamiSettings(mode="chiapet", iterations=run - 200, burn_in=200, chains=4)
    assert (fit_origami(*data, short, 1).confidence == early.confidence).all()
    # A thousand iterations are not enough for these chains, and then all are run.
    hard = OrigamiSettings(
        mode="chiapet", iterations=500, burn_in=0, chains=4, stop_when_converged=True
    )
    assert fit_origami(*data, hard, 1).trace.shape[1] == 500


def test_one_chain_cannot_stop_early():
    with pytest.raises(InputError, match="One chain"):
        OrigamiSettings(stop_when_converged=True, chains=1)


def test_one_chain_still_tells_the_rhat_of_its_rates(caplog):
    with caplog.at_level(logging.INFO):
        result = fit_origami(*simulated(), QUICK, 1)
    assert np.isfinite(result.rhat[:2]).all()
    assert math.isnan(result.rhat[2])
    assert "unknown with one chain" in caplog.text


def test_rhat():
    rng = np.random.default_rng(6)
    same = rng.normal(size=(4, 1000))
    assert split_rhat(same) == pytest.approx(1, abs=0.01)
    assert split_rhat(same + 3 * np.arange(4)[:, None]) > 2
    assert split_rhat(np.ones((2, 10))) == 1
    assert math.isnan(split_rhat(np.ones((2, 3))))


# --- edges ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["chiapet", "hichip"])
@pytest.mark.parametrize(
    ("count", "distance", "reason"),
    [
        ([], [], "no contacts"),
        ([3], [10_000], "only one contact"),
        ([2] * 50, list(range(10_000, 60_000, 1000)), "same count"),
        ([1, 5, 2, 40], [-1] * 4, "between chromosomes"),
        ([1, 5, 2, 40], [5000] * 4, "too few distinct distances"),
        ([40, 50, 60, 70, 80], [1000, 2000, 3000, 4000, 5000], ""),
    ],
)
def test_degenerate_contacts_are_valid_and_explained(mode, count, distance, reason, caplog):
    settings = OrigamiSettings(mode=mode, iterations=50, burn_in=10, chains=2)
    count, distance = np.array(count, int), np.array(distance, int)
    ones = np.ones(len(count))
    with caplog.at_level(logging.WARNING):
        result = fit_origami(count, distance, ones, ones, settings, 1)
    assert np.isfinite(result.confidence).all()
    assert ((result.confidence >= 0) & (result.confidence <= 1)).all()
    assert reason in result.reason
    assert reason in caplog.text


def test_unknown_settings_are_errors():
    with pytest.raises(InputError, match="'hic' is not one of"):
        OrigamiSettings(mode="hic", chains=1)
    with pytest.raises(InputError, match="0 is less than the minimum of 2"):
        OrigamiSettings(iterations=0)
    with pytest.raises(InputError, match="'far' is not one of"):
        OrigamiSettings(trans="far")


# --- the original program ------------------------------------------------------------------


def test_agrees_with_the_original_program(shared_data):
    """Bounds of the original's own noise: its two runs differ by 0.05, at r = 0.9998."""
    folder = shared_data / "origami"
    contacts = read_contacts(folder / "contacts.tsv.gz")
    settings = OrigamiSettings(mode="chiapet", iterations=2000, chains=1)
    table = call_loops(contacts, read_depth(folder / "depth.tsv.gz"), settings, seed=1).table
    table = table.astype({"chromosome1": str, "chromosome2": str})
    for i in (1, 2):
        run = pd.read_csv(folder / f"origami_r_run{i}.csv.gz")
        run = run.rename(columns={"Bayes probability": f"r{i}"})[[*ANCHORS, f"r{i}"]]
        table = table.merge(run, on=ANCHORS)
    assert len(table) == len(contacts)
    mean = (table["r1"] + table["r2"]) / 2
    cis = table["distance"] >= 0
    assert np.corrcoef(table["confidence"], mean)[0, 1] >= 0.9995
    assert (table["confidence"] - mean)[cis].abs().max() <= 0.08
    ours, theirs = table["confidence"] > 0.9, mean > 0.9
    assert (ours & theirs).sum() / (ours | theirs).sum() >= 0.97
