"""A sample whose reads are not of the transcriptome stops the run."""

import json

import pytest

from deepexpr.errors import InputError
from deepexpr.expression.abundance import require_pseudoaligned


def test_low_fraction_is_an_error(tmp_path):
    (tmp_path / "run_info.json").write_text(json.dumps({"p_pseudoaligned": 12.5}))
    assert require_pseudoaligned(tmp_path / "abundance.tsv", 0.1) == 0.125
    with pytest.raises(InputError, match=r"Only 12.5% of the reads pseudoaligned"):
        require_pseudoaligned(tmp_path, 0.3)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ('{"n_processed": 400, "n_pseudoaligned": 100}', 0.25),  # kallisto before 0.44
        ('{"n_processed": 400, "p_pseudoaligned": 25.0, "p_unique": -nan}', 0.25),
        ('{"n_processed": 4, "n_pseudoaligned": 1, "p_pseudoaligned": -nan}', 0.25),
    ],
)
def test_old_kallisto_and_nan_are_read(tmp_path, text, share):
    (tmp_path / "run_info.json").write_text(text)
    assert require_pseudoaligned(tmp_path, 0.1) == share


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"n_targets": 3}', "is not known"),
        ('{"n_processed": 0, "n_pseudoaligned": 0, "p_pseudoaligned": -nan}', "read no read"),
        ('{"p_pseudoaligned": "many"}', "is not known"),
        ('{"n_processed": 4', "cannot be read"),
    ],
)
def test_run_info_that_tells_no_share_is_an_error(tmp_path, text, message):
    (tmp_path / "run_info.json").write_text(text)
    with pytest.raises(InputError, match=message):
        require_pseudoaligned(tmp_path, 0.1)
