"""What an earlier run left out for want of data, which `strict: true` does not accept.

A changed `strict` runs no finished step again, so what stands there is told before anything runs.
"""

from pathlib import Path

from deepexpr.errors import InputError
from deepexpr.features.left_out import reason_left_out
from deepexpr.run.targets import Run


def left_out_before(run: Run) -> list[InputError]:
    """One problem for each reason why finished models hold nothing; none without `strict`."""
    if not run.config["strict"]:
        return []
    found: dict[str, list[str]] = {}
    for path in map(Path, run.prediction_files()):
        if path.is_file() and (reason := reason_left_out(path)):
            found.setdefault(reason, []).append(str(path.parent))
    return [
        InputError(
            f"{len(folders)} model(s) were left out by an earlier run, and strict is true.",
            where=folders[0] + (f" and {len(folders) - 1} more" if len(folders) > 1 else ""),
            expected="none left out",
            found=reason,
            fix=f"Mend the data, delete these folders (such as {folders[0]}) and run again, or set "
            "strict: false.",
        )
        for reason, folders in found.items()
    ]
