"""Training: what is learnt, what is frozen, resuming, repeating, recorded numbers."""

import json
import logging

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.splits import read_splits
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.crossvalidation import HISTORY
from deepexpr.model.jobs import make_job
from deepexpr.schemas import PREDICTIONS
from deepexpr.scores import score_record


def values(output) -> pd.DataFrame:
    return pd.read_csv(output / "predictions.tsv", sep="\t")


def mean_metric(output) -> float:
    info = json.loads((output / "bundle" / "bundle.json").read_text())
    return float(np.mean([m["value"] for m in info["metrics"].values()]))


def test_full_learns_more_than_sequence_and_sequence_more_than_nothing(sequence_run, full_run):
    assert mean_metric(sequence_run) > 0.4
    assert mean_metric(full_run) > mean_metric(sequence_run) + 0.03


def test_tables_have_the_schema(full_run):
    table = values(full_run)
    assert tuple(table.columns) == PREDICTIONS
    assert table["gene"].is_unique
    assert len(table) == 300
    assert set(table["method"]) == {"full"}
    assert set(table["K"]) == {2}
    history = pd.read_csv(full_run / "history.tsv", sep="\t")
    assert tuple(history.columns) == HISTORY
    assert set(history["fold"]) == {0, 1}
    assert not (full_run / ".partial").exists()


def test_frozen_weights_are_bit_identical(sequence_run, full_run):
    before, after = Bundle.open(sequence_run / "bundle"), Bundle.open(full_run / "bundle")
    for fold in before.folds:
        old, new = before.proximal(fold).get_weights(), after.proximal(fold).get_weights()
        assert len(old) == len(new) > 0
        for a, b in zip(old, new, strict=True):
            assert a.tobytes() == b.tobytes()
    heads = [after.models(f)[0].get_layer("distal").get_layer("bins_head") for f in after.folds]
    learnt = [head.get_layer("hichip_score").get_weights()[0] for head in heads]
    assert np.abs(learnt).max() > 0


def test_full_without_a_bundle_pretrains_the_same(toy, train, full_run):
    alone = train(toy.folder / "alone", "full")
    pd.testing.assert_frame_equal(values(alone), values(full_run))
    steps = set(pd.read_csv(alone / "history.tsv", sep="\t")["step"])
    assert steps == {"sequence", "distal"}


def test_recorded_metric_is_reproduced_from_the_bundle(toy, full_run):
    bundle = Bundle.open(full_run / "bundle")
    dataset = Dataset.open(toy.h5)
    table = bundle.predict_held_out(dataset)
    for fold, rows in table.groupby("fold"):
        observed = dataset.expression[dataset.index_of(rows["gene"])]
        again = score_record("regression", observed, rows["predicted"].to_numpy())
        assert again["value"] == pytest.approx(bundle.info["metrics"][str(fold)]["value"], abs=1e-6)
    merged = table.merge(values(full_run), on=["fold", "gene"])
    np.testing.assert_allclose(merged["predicted_x"], merged["predicted_y"], rtol=1e-8)


def test_same_seed_same_bytes_and_another_seed_others(toy, train, sequence_run):
    again = train(toy.folder / "again", "sequence", only_fold=1) / ".partial" / "fold-1"
    saved = sequence_run / "bundle" / "fold-1" / "model.keras"
    assert (again / "model.keras").read_bytes() == saved.read_bytes()
    other = train(toy.folder / "other", "sequence", only_fold=1, seed=2) / ".partial" / "fold-1"
    assert (other / "model.keras").read_bytes() != saved.read_bytes()


def test_killed_job_resumes_at_the_missing_fold(toy, train, sequence_run, caplog):
    output = toy.folder / "again"
    train(output, "sequence", only_fold=0)
    assert not (output / "bundle").exists()
    record = output / ".partial" / "fold-1" / "fold.json"
    record.write_text(record.read_text()[:20])  # as if the machine went down while writing it
    with caplog.at_level(logging.INFO):
        train(output, "sequence")
    kept = [r.getMessage() for r in caplog.records if "kept" in r.getMessage()]
    assert kept == ["fold 0: finished earlier, kept"]
    for name in ("predictions.tsv", "history.tsv", "bundle/bundle.json"):
        assert (output / name).read_bytes() == (sequence_run / name).read_bytes(), name


def test_everything_that_decides_the_numbers_is_in_the_fingerprint(toy):
    def of(fold=0, seed=0, kind="full", **training):
        model, config = make_configs(toy.model, toy.training | training)
        dataset, splits = Dataset.open(toy.h5), read_splits(toy.splits)
        job = make_job(dataset, splits, "regression", kind, model, config, seed)
        return job.fingerprint(fold)

    assert of() == of()
    others = {of(fold=1), of(seed=1), of(kind="sequence"), of(epochs=3), of(shift=1), of()}
    assert len(others) == 6


@pytest.mark.parametrize("kind", ["full", "hichip"])
def test_classification(toy, train, kind):
    output = train(toy.folder / f"class-{kind}", kind, "classification", training={"epochs": 6})
    table = values(output)
    assert table["predicted"].between(0, 1).all()
    assert set(table["observed"]) == {-1, 1}
    assert mean_metric(output) > 0.55


def test_hichip_alone_learns(toy, train):
    assert mean_metric(train(toy.folder / "hichip", "hichip")) > 0.5


def test_members_are_averaged(toy, train):
    output = train(toy.folder / "members", "sequence", training={"members": 2, "epochs": 1})
    bundle = Bundle.open(output / "bundle")
    assert (output / "bundle" / "fold-0" / "model-1.keras").exists()
    dataset = Dataset.open(toy.h5)
    one, two = (
        np.array(m(np.eye(4, dtype="f4")[np.zeros((1, 160), int)])) for m in bundle.models(0)
    )
    assert one != two
    assert len(bundle.predict(dataset, 0, ["G001"])) == 1


def test_paper_and_authors_variants_run(train_only, tmp_path):
    model = {"filters": 4, "layers": 1, "growth": 2}
    train_only(tmp_path / "paper", "full", "regression", {"variant": "paper"} | model)
    train_only(tmp_path / "authors", "full", "classification", {"variant": "authors_code"} | model)


def test_distance(toy, train, sequence_run):
    output = train(
        toy.folder / "near", "full", pretrained=sequence_run / "bundle", distance=20_000,
        training={"distal_epochs": 2},
    )  # fmt: skip
    assert Bundle.open(output / "bundle").info["model"]["distance"] == 20_000


def test_a_diverged_training_is_an_error(toy, train, tmp_path):
    with pytest.raises(InputError, match="diverged"):
        train(tmp_path, "sequence", training={"learning_rate": 1e30, "epochs": 2})
    training = {"learning_rate": 1e30, "epochs": 2}
    with pytest.raises(InputError, match="diverged"):  # though its untrained state is sound
        train(tmp_path, "sequence", model={"words": True}, training=training)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("model", "options", "word"),
    [
        ({"first_pool": 400}, {}, "does not fit the promoters"),
        ({"kernel": 500}, {}, "wider than the promoters"),
        ({"blocks": 3, "pool": 90}, {}, "does not fit the promoters"),
        ({"windows": 100}, {}, "windows do not fit"),
        ({}, {"distance": 995_000}, "bins reach only"),
        ({}, {"distance": 500}, "distance does not fit"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_before_training(
    train, tmp_path, model, options, word
):
    with pytest.raises(InputError, match=word):
        train(tmp_path, "full", model=model, **options)
    assert not list(tmp_path.iterdir())


def test_recorded_loss_is_the_mean_over_genes():
    """The last batch is filled up with genes of the first; they count as often as they stand."""
    from deepexpr.model.backend import keras
    from deepexpr.model.config import TrainingSettings
    from deepexpr.model.examples import Examples
    from deepexpr.model.training import Trainer

    def build():
        inputs = keras.Input((2,), name="bins")
        score = keras.layers.Dense(1, kernel_initializer="zeros", bias_initializer="zeros")
        return keras.Model(inputs, score(inputs))

    step = TrainingSettings(learning_rate=1e-9, batch_size=32, epochs=1, patience=1)
    part = Examples({"bins": np.ones((5, 2), np.float32)}), np.full(5, 3.0, np.float32)
    ((_, loss, value),) = Trainer(build, "regression", step).fit(part, part, 0)
    assert loss == pytest.approx(9, rel=1e-4)
    assert value == pytest.approx(9, rel=1e-4)


def test_half_precision_and_its_state_between_folds():
    """The scale that float16 losses have is set back with everything else."""
    from deepexpr.model.backend import keras
    from deepexpr.model.config import TrainingSettings
    from deepexpr.model.examples import Examples
    from deepexpr.model.training import Trainer

    def build():
        inputs = keras.Input((2,), name="bins")
        return keras.Model(inputs, keras.layers.Dense(1, dtype="float32")(inputs))

    step = TrainingSettings(optimizer="adamw", epochs=2, patience=2)
    part = Examples({"bins": np.ones((8, 2), np.float32)}), np.arange(8, dtype=np.float32)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        trainer = Trainer(build, "regression", step)
        first = trainer.fit(part, part, 0)
        scale = trainer.model.optimizer.dynamic_scale
        before = float(scale)
        scale.assign(1.0)  # as after many overflows
        assert trainer.fit(part, part, 0) == first
        assert float(scale) == before > 1
    finally:
        keras.config.set_dtype_policy("float32")


def test_score_is_none_where_undefined():
    assert score_record("classification", np.ones(4), np.arange(4.0))["value"] is None
    assert score_record("regression", np.arange(4.0), np.ones(4))["value"] is None
    assert score_record("regression", np.arange(4.0), np.arange(4.0))["value"] == pytest.approx(1)


def job(toy, dataset=None, splits=None, kind="full", **options):
    model, training = make_configs(toy.model, toy.training)
    return make_job(
        dataset or Dataset.open(toy.h5),
        read_splits(toy.splits) if splits is None else splits,
        "regression", kind, model, training, 0, **options,
    )  # fmt: skip


def test_genes_that_differ_are_refused(toy):
    splits = read_splits(toy.splits)
    splits["gene"] = "other" + splits["gene"]
    with pytest.raises(InputError, match="not in the dataset"):
        job(toy, splits=splits)


def test_hichip_is_needed(toy, tmp_path):
    dataset = toy.dataset(1)
    fields = {"bins": None, "loop_count": None, "loop_number": None}
    write_dataset(Dataset(**(vars(dataset) | fields)), tmp_path / "d.h5")
    with pytest.raises(InputError, match="HiChIP"):
        job(toy, Dataset.open(tmp_path / "d.h5"))


def test_pretrained_bundle_must_fit(toy, sequence_run, full_run, tmp_path):
    bundle = Bundle.open(sequence_run / "bundle")
    write_dataset(toy.dataset(2), tmp_path / "other.h5")
    with pytest.raises(InputError, match="another dataset"):
        job(toy, Dataset.open(tmp_path / "other.h5"), pretrained=bundle)
    with pytest.raises(InputError, match="another kind"):
        job(toy, pretrained=Bundle.open(full_run / "bundle"))


def test_nan_in_the_dataset_is_refused(toy, tmp_path):
    import h5py

    (tmp_path / "bad.h5").write_bytes(toy.h5.read_bytes())
    with h5py.File(tmp_path / "bad.h5", "r+") as file:
        file["expression"][5] = np.nan
    with pytest.raises(InputError, match="expression"):
        job(toy, Dataset.open(tmp_path / "bad.h5"))
