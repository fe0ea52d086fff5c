"""The variants that read the promoter along (lstm) and by vectors of k-mers (embedding)."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.features.dataset import PROMOTER, Dataset
from deepexpr.features.sequence import one_hot

#: Fields that toy.model of the fixtures has and the variant reads, and its own.
COMMON = {
    "first_pool": 20, "dense": [16], "dropout": 0.0, "distal": [16], "distal_dropout": 0.0,
    "bins_dropout": 0.0, "words": False,
}  # fmt: skip
MODELS = {
    "lstm": COMMON | {"variant": "lstm", "filters": 8, "recurrent": 4},
    "embedding": COMMON
    | {"variant": "embedding", "token": 3, "vector": 8, "first_pool": 4, "windows": 5},
}


@pytest.mark.parametrize("name", [pytest.param("lstm", marks=pytest.mark.slow), "embedding"])
def test_a_bundle_predicts_again_what_was_recorded(toy, tmp_path, name):
    import json

    from deepexpr.cli import main
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.examples import Examples

    command = ["train", "--dataset", str(toy.h5), "--splits", str(toy.splits), "--task",
               "regression", "--kind", "full", "--threads", "1", "--output",
               str(tmp_path / "out")]  # fmt: skip
    training = {"epochs": 1, "distal_epochs": 1, "batch_size": 32}
    command += ["--model", json.dumps(MODELS[name]), "--training", json.dumps(training)]
    assert main(command) == 0
    bundle, dataset = Bundle.open(tmp_path / "out" / "bundle"), Dataset.open(toy.h5)
    recorded = pd.read_csv(tmp_path / "out" / "predictions.tsv", sep="\t")
    again = bundle.predict_held_out(dataset).merge(recorded, on=["fold", "gene"])
    assert len(again) == len(dataset)
    np.testing.assert_allclose(again["predicted_x"], again["predicted_y"], rtol=1e-6)
    assert again["predicted_x"].std() > 0.01
    gradients = bundle.promoter_gradients(Examples(dataset.inputs).take(np.arange(3)))
    assert np.abs(gradients).max() > 0
    if name == "embedding":
        with pytest.raises(InputError, match="no first convolution"):
            bundle.first_filters(0)
    else:
        assert bundle.first_filters(0).shape == (12, 4, 8)


def test_vectors_are_those_of_the_tokens():
    from deepexpr.model.embedded import TokenVectors

    layer = TokenVectors(2, 3)
    letters = one_hot(np.frombuffer(b"ACGNTA", np.uint8)[None])
    found = np.asarray(layer(letters))
    vectors = np.asarray(layer.get_weights()[0])
    assert vectors.shape == (16, 3)
    expected = [vectors[1], vectors[6], 0 * vectors[0], 0 * vectors[0], vectors[12]]
    np.testing.assert_allclose(found[0], expected, atol=1e-6)  # AC, CG, GN, NT, TA
    assert layer.compute_output_shape((7, 6, 4)) == (7, 5, 3)


def test_the_lstm_reads_both_ways():
    """A promoter and its reverse complement differ to it, as the maps are turned back."""
    from deepexpr.letters import reverse_complement
    from deepexpr.model.backend import keras
    from deepexpr.model.config import make_configs
    from deepexpr.model.network import Shape, build_proximal
    from deepexpr.model.recurrent import Recurrent

    model, _ = make_configs(MODELS["lstm"], {})
    keras.utils.set_random_seed(1)
    network = build_proximal(Recurrent.of(model), Shape(160, 40, 5000, "regression"))
    letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, (5, 160))]
    plus = np.asarray(network(one_hot(letters)))
    minus = np.asarray(network(one_hot(reverse_complement(letters))))
    assert plus.shape == (5, 1)
    assert not np.allclose(plus, minus)
    assert network.input.name == PROMOTER
    assert network.get_layer("recurrent").output.shape == (None, 8)
