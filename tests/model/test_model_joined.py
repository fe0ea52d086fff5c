"""Rectified units that join the words' scores of many targets, in closed form."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeCV

from deepexpr.features.dataset import PROMOTER
from deepexpr.features.words import WORD_BLOCKS, window_words
from deepexpr.model import network
from deepexpr.model.config import make_configs
from deepexpr.model.examples import Examples
from deepexpr.model.joined import COMPONENTS, find_join
from deepexpr.model.network import Scaling, Shape, TwoModules
from deepexpr.model.samples import PENALTIES, join_scores
from deepexpr.model.saved import load_model, save_model
from deepexpr.model.steps import FoldData
from deepexpr.model.training import forward
from deepexpr.model.variants import builder
from deepexpr.model.words import solve_words


def scores_of(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n, 6) of two hidden numbers, and values that do not follow them in a line."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 2))
    scores = hidden @ np.random.default_rng(9).normal(size=(2, 6)) + rng.normal(0, 0.05, (n, 6))
    return scores, np.maximum(hidden[:, 0], 0) + hidden[:, 1] + rng.normal(0, 0.3, n)


def test_what_is_added_follows_what_no_line_does():
    scores, values = scores_of(900)
    share, added, joint = join_scores(scores[:600], values[:600])
    join = find_join(scores[:600], share, values[:600] - added)
    straight = scores[600:] @ share + added
    bent = straight + join.of(scores[600:])
    errors = [np.mean((each - values[600:]) ** 2) for each in (straight, bent)]
    assert errors[1] < 0.09 * 1.15 < errors[0] * 0.75  # the noise's variance is 0.09
    # Left-out scores are as good as those of other genes: no gene has seen its own value.
    inside = np.mean((joint + join.left_out - values[:600]) ** 2)
    assert inside == pytest.approx(errors[1], rel=0.15)


def test_values_of_noise_add_nothing():
    rng = np.random.default_rng(1)
    scores, values = rng.normal(size=(400, 5)), rng.normal(size=400)
    share, added, _ = join_scores(scores, values)
    join = find_join(scores, share, values - added)
    assert join.left_out.std() < 0.2


@pytest.mark.parametrize("targets", [1, 2])
def test_fewer_targets_than_components_are_read(targets):
    """One is left where no sample varies among the training genes."""
    scores, values = scores_of(300)
    scores = scores[:, :targets]
    share, added, _ = join_scores(scores, values)
    join = find_join(scores, share, values - added)
    assert not join.reads[:, 1 + targets :].any()
    assert np.isfinite(join.of(scores)).all()


def fold(task: str, genes: int = 90) -> FoldData:
    rng = np.random.default_rng(2)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (genes + 20, 200))]
    samples = (letters == 71).mean(axis=1)[:, None] * 9 + rng.normal(0, 0.2, (genes + 20, 5))
    targets = (samples[:, 0] - samples[:, 0].mean()).astype(np.float32)
    if task == "classification":
        targets = (targets > 0).astype(np.int64)
    return FoldData(
        Examples({PROMOTER: letters[:genes]}), Examples({PROMOTER: letters[genes:]}),
        targets[:genes], targets[genes:], Scaling(),
        train_samples=samples[:genes], validation_samples=samples[genes:],
    )  # fmt: skip


def test_the_network_holds_the_units_and_opens_again(tmp_path):
    """Of classes, as there is nothing in regression that is not here too."""
    task = "classification"
    shape = Shape(200, 0, 5000, task)
    settings = {"variant": "tuned", "filters": 4, "first_pool": 4, "layers": 0, "kmer_start": False}
    settings |= {"fine_words_from": 50, "convolution_from": 1}
    configs = make_configs(settings, {"epochs": 1, "samples": "given.tsv"})
    made = builder(*configs, shape, "sequence")
    data = made.prepare(fold(task))
    assert data.recipe == "fine words, joined by rectified units"
    final = data.words.final
    assert [kernel.shape[1] for kernel, _ in final.joined] == [1 + COMPONENTS, 256, shape.outputs]
    model, _ = made.train(data, 1, "")
    proximal = model.get_layer(network.PROXIMAL)
    convolution = network.keras.Model(
        proximal.input, proximal.get_layer(network.SEQUENCE_SCORE).output
    )
    counts, _ = window_words(data.validation.arrays[PROMOTER], WORD_BLOCKS["fine"])
    expected = final.of(counts) + forward(convolution, data.validation)
    np.testing.assert_allclose(forward(proximal, data.validation), expected, atol=2e-4)
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(forward(again, data.validation), forward(model, data.validation))


def test_few_genes_and_no_samples_keep_the_score_as_it_was():
    def chosen(settings: dict, training: dict) -> dict[int, bool]:
        configs = make_configs({"variant": "tuned"} | settings, training)
        recipes = builder(*configs, Shape(2000, 0, 5000, "regression"), "sequence").recipes
        return {genes: made.config.joined for genes, (_, made) in recipes.items()}

    assert chosen({}, {"samples": "given.tsv"}) == {1: False, 1500: False, 3000: True}
    assert chosen({}, {}) == {1: False, 1500: False, 3000: False}
    assert not TwoModules.of(make_configs({"variant": "tuned"}, {})[0]).joined


def test_left_out_scores_do_not_know_the_gene_they_are_of():
    """Another value of one gene moves its own left-out score no more than it moves others'."""
    rng = np.random.default_rng(5)
    features = rng.normal(size=(150, 20)).astype(np.float32)
    values = features[:, 0] + np.maximum(features[:, 1], 0)
    samples = features[:, :6] + rng.normal(0, 0.3, (150, 6))
    scores = []
    for change in (0.0, 3.0):
        changed = values.copy()
        changed[7] += change
        found = solve_words(features, [20], changed, "regression", samples=samples, joined=True)
        scores.append(found.left_out[:, 0])
    moved = np.abs(scores[1] - scores[0])
    assert 0 < moved.max() < 1.0
    assert moved[7] < np.sort(moved)[-5] + 0.3


def test_each_joint_score_is_by_the_weights_that_the_other_genes_give():
    """With some hundred genes a fit of a hundred samples would know them by heart."""
    rng = np.random.default_rng(5)
    scores, values = rng.normal(size=(120, 60)), rng.normal(size=120)
    share, added, joint = join_scores(scores, values)
    model = RidgeCV(PENALTIES).fit(scores, values)
    np.testing.assert_allclose(share, model.coef_, atol=1e-8)
    np.testing.assert_allclose(added, model.intercept_, atol=1e-8)
    for gene in (0, 7, 119):
        others = np.arange(120) != gene
        alone = Ridge(model.alpha_).fit(scores[others], values[others])
        np.testing.assert_allclose(joint[gene], alone.predict(scores[[gene]])[0], atol=1e-8)
    # Noise says nothing of a gene that the weights have not seen.
    assert np.corrcoef(joint, values)[0, 1] < 0.2 < np.corrcoef(scores @ share, values)[0, 1]
