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
