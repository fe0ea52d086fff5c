"""Write the numbers of docs/clusters.md anew from deepexpr/run/rates.tsv: python docs/clusters.py

What stands between two marks (<!-- plan --> and <!-- /plan -->) is made here; a test holds it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from deepexpr.checks.inputs import load_and_check
from deepexpr.config.settings import read_config
from deepexpr.run.amounts import Assumptions
from deepexpr.run.plan import plan_table, wall_hours
from deepexpr.run.rates import rates
from deepexpr.run.targets import Run

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/clusters.md"
#: What the page calls together: words, and the steps that they stand for.
GROUPS = {
    "train networks": ("train_", "words_"),
    "search SVM": ("baseline_svm",),
    "grow forests": ("baseline_random_forest",),
    "take reads to loops": ("index_", "kallisto", "trim", "map", "pairs", "contacts", "loops",
                            "coverage"),
    "look for motifs": ("filters", "attribution", "interpret", "tomtom", "cismodule"),
}  # fmt: skip
#: The further lines, each of 400 million read pairs.
LINES, PAIRS, CONTACTS = 10, 400, 10


def paper_run() -> Run:
    """The run of config/config.yaml."""
    return Run(*load_and_check(read_config([str(ROOT / "config/config.yaml")]), "config.yaml"))


def plan_text(run: Run) -> str:
    """What `deepexpr plan` says of the paper's configuration, in sentences."""
    table, assumed = plan_table(run), Assumptions()
    steps, total = table.iloc[:-1], table.iloc[-1]
    shares = []
    counted = pd.Series(False, index=steps.index)
    for words, names in GROUPS.items():
        own = steps["step"].str.startswith(names)
        counted |= own
        shares.append(f"{steps.loc[own, 'core_hours'].sum():,.0f} {words}")
    rest = steps.loc[~counted, "core_hours"].sum()
    reads = steps.loc[steps["step"] == "download", "kept_gb"].sum()
    longest = steps.loc[steps["longest_hours"].idxmax()]
    slope = rates()["train_paper"].seconds[1]
    return (
        f"For the paper's configuration ({assumed.genes:,} genes, {assumed.epochs} epochs, K = "
        f"{', '.join(map(str, run.folds))}, {len(run.tasks)} tasks, "
        f"{assumed.rna_million_read_pairs:g} and {assumed.hichip_million_read_pairs:g} million "
        f"read pairs a sample): {total['core_hours']:,.0f} core-hours, of which "
        f"{', '.join(shares)} and {rest:,.0f} are all else; "
        f"{total['kept_gb'] + total['temporary_gb']:,.0f} GB at the peak, {reads:,.0f} GB of it "
        f"downloaded reads, {total['kept_gb']:,.0f} GB kept; {wall_hours(table, 32):,.0f} hours on "
        f"32 cores at full use and {wall_hours(table, 100):,.0f} with the 100 jobs of "
        f"`profiles/slurm`; the longest job (`{longest['step']}` at K = {max(run.folds)}) has "
        f"{longest['longest_hours']:,.0f} on its one core. The paper's network trains "
        f"{1 / slope:,.0f} genes a second and core; an explained gene takes "
        f"{rates()['interpret'].seconds[1]:,.0f} s a fold."
    )


def ten_lines(run: Run) -> str:
    """Work of LINES cell lines of PAIRS million HiChIP read pairs, as a table and its sum."""
    known = rates()
    folds = sum(k - 1 for k in run.folds) * 8 / 9
    assumed, chains = Assumptions(), run.config["loops"]["chains"]
    each = folds * assumed.genes * assumed.epochs * len(run.tasks)
    rows, hours = [], {}
    for name, step, amount, unit, most in (
        ("trimming", "trim", PAIRS, "million pairs", PAIRS),
        ("mapping, both mates", "map", 2 * PAIRS, "million mates", PAIRS),
        ("pairs", "pairs", PAIRS, "million pairs", PAIRS),
        ("contacts", "contacts", PAIRS, "million pairs", PAIRS),
        (
            f"loops, {CONTACTS} million contacts each, {chains} chains",
            "loops",
            CONTACTS * chains,
            "million contacts and chain",
            None,
        ),
        ("training, the paper's network, all K", "train_paper", each, "gene and epoch", None),
    ):
        slope = known[step].seconds[1]
        hours[step] = slope * amount * LINES / 3600
        memory = known[step].peak_gb(most) if most else float("nan")
        told = f"{memory:.1f} GB" if memory == memory else "not measured at this size"
        rows.append(f"| {name} | {slope:.2g} s per {unit} | {hours[step]:,.1f} | {told} |")
    training = hours.pop("train_paper")
    table = plan_table(run).set_index("step")["longest_hours"]
    most = max(run.folds)
    lines = [
        f"| step | slope, one core | core-hours of {LINES * PAIRS:,} million pairs | memory of a "
        f"{PAIRS}-million job |",
        "|---|---|---|---|",
        *rows,
        "",
        f"- **Reads to loops**: {sum(hours.values()):,.0f} core-hours; "
        f"{sum(hours.values()) / 32:,.0f} hours on 32 cores at full use.",
        f"- **Training**: {training:,.0f} core-hours, {training / 32 / 24:,.1f} days on 32 cores. "
        f"No number of nodes ends before the longest job: K = {most}, "
        f"{table['train_paper']:,.0f} hours of training, {table['baseline_svm']:,.0f} of SVM. "
        "GPUs, fewer K or folds, and fewer "
        "epochs shorten the first, `baselines` without SVM the second.",
    ]
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with what stands between its marks made anew."""
    run = paper_run()
    for mark, text in (("plan", plan_text(run)), ("ten lines", ten_lines(run))):
        pattern = rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)"
        page, number = re.subn(pattern, lambda m, text=text: m[1] + text + m[2], page, flags=re.S)
        assert number == 1, mark
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
