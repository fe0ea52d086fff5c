"""What a run is of: its cell lines and samples, and what is trained on them.

All of it follows from the checked configuration and sheets alone; rules ask here for what
needs no wildcard.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.compression import is_gzip
from deepexpr.config.entries import sample_entries, sample_pools
from deepexpr.hichip.sections import compared_lines
from deepexpr.model.config import TwoStepTraining, find_variant
from deepexpr.schemas import NEED_LOOPS

#: Files of a bowtie index: genome.{part}.ebwt, or .ebwtl of a large genome.
BOWTIE_PARTS = ("1", "2", "3", "4", "rev.1", "rev.2")


def unique(values: Iterable[str]) -> list[str]:
    """Without repeats, in order."""
    return list(dict.fromkeys(values))


def is_large(path: str | Path) -> bool:
    """Whether a genome has more letters than bowtie's small index takes, by its file's size.

    bowtie counts 2^32 letters; a compressed genome takes 2.2 to 2.4 bits a letter and more where
    small letters mark repeats, and a little less than the limit may well have the large index.
    """
    size = Path(path).stat().st_size
    return size * (3.9 if is_gzip(path) else 1) > 2**32


@dataclass(frozen=True)
class Run:
    """A run: its completed configuration, and the sheets of its samples and units."""

    config: Mapping[str, Any]
    samples: pd.DataFrame
    units: pd.DataFrame

    def out(self, path: str) -> str:
        """A path under the results folder."""
        return f"{self.config['results']}/{path}"

    @cached_property
    def cell_lines(self) -> list[str]:
        """All cell lines, in the order of the sample sheet."""
        return unique(self.samples["cell_line"])

    @cached_property
    def entry(self) -> dict[str, str]:
        """Where each sample enters: reads, kallisto, pairs, loops ..."""
        return sample_entries(self.units)

    @cached_property
    def assembly(self) -> dict[str, str]:
        """The assembly of each cell line."""
        return dict(zip(self.samples["cell_line"], self.samples["assembly"], strict=True))

    @cached_property
    def assemblies(self) -> list[str]:
        """All assemblies."""
        return unique(self.samples["assembly"])

    @cached_property
    def array_assemblies(self) -> list[str]:
        """Assemblies whose promoters are given as an array."""
        return [a for a in self.assemblies if self.config["assemblies"][a]["promoters"]]

    def bowtie_files(self, assembly: str) -> list[str]:
        """Names of the files of bowtie's index, which are others for large genomes."""
        genome = self.config["assemblies"][assembly]["genome"]
        ending = "ebwtl" if genome and Path(genome).is_file() and is_large(genome) else "ebwt"
        return [f"genome.{part}.{ending}" for part in BOWTIE_PARTS]

    @cached_property
    def hichip_lines(self) -> list[str]:
        """Cell lines with HiChIP."""
        return unique(self.samples.query("assay == 'hichip'")["cell_line"])

    @cached_property
    def pools(self) -> dict[str, str]:
        """The cell line of each pool of HiChIP replicates, by its name: the line's own, or one for
        each of its targets where it has several."""
        lines = dict(zip(self.samples["sample"], self.samples["cell_line"], strict=True))
        return {pool: lines[sample] for sample, pool in self._pool.items()}

    def marks(self, cell_line: str) -> dict[str, str]:
        """The pool of each target of a cell line that has several; else none."""
        pools = [pool for pool, line in self.pools.items() if line == cell_line != pool]
        return {pool.removeprefix(f"{cell_line}."): pool for pool in sorted(pools)}

    @cached_property
    def _pool(self) -> dict[str, str]:
        """The pool of each HiChIP sample."""
        return sample_pools(self.samples, self.units)

    @cached_property
    def bin_lines(self) -> list[str]:
        """Cell lines whose bins are given: their single loops are not known."""
        pairs = zip(self.samples["cell_line"], self.samples["sample"], strict=True)
        return unique(line for line, sample in pairs if self.entry[sample] == "bins")

    @cached_property
    def loop_lines(self) -> list[str]:
        """Cell lines whose single loops are known."""
        return [line for line in self.hichip_lines if line not in self.bin_lines]

    @cached_property
    def loop_pools(self) -> list[str]:
        """Pools whose single loops are known."""
        return [pool for pool, line in self.pools.items() if line in self.loop_lines]

    @cached_property
    def called_pools(self) -> list[str]:
        """Pools whose loops are called here; those of the others are given as tables."""
        given = {self._pool[s] for s in self._pool if self.entry[s] == "loops"}
        return [pool for pool in self.loop_pools if pool not in given]

    @cached_property
    def called_lines(self) -> list[str]:
        """Cell lines of which loops are called here."""
        return unique(self.pools[pool] for pool in self.called_pools)

    @cached_property
    def map_samples(self) -> list[str]:
        """HiChIP samples that enter with a contact map: there are no pairs of them."""
        return self.samples_of("hichip", entry="contacts")

    def compared_samples(self, assembly: str) -> list[str]:
        """HiChIP samples of an assembly whose maps are compared: all, where any are replicates."""
        samples = [s for s in self.paired_samples(assembly=assembly) if s not in self.map_samples]
        pools = [self.sample_value(sample, "pool") for sample in samples]
        return samples if len(set(pools)) < len(pools) else []

    @cached_property
    def published_lines(self) -> list[str]:
        """Cell lines whose expression comes of reads and is compared with published values."""
        counted = {
            self.sample_value(sample, "cell_line")
            for entry in ("reads", "kallisto")
            for sample in self.samples_of("rna", entry=entry)
        }
        known = self.config["published"]
        return [line for line in self.cell_lines if line in counted and line in known]

    @cached_property
    def differential(self) -> dict[str, tuple[str, str]]:
        """Two cell lines whose loops are compared, by the name of the comparison."""
        pairs = map(compared_lines, self.config["loops"]["differential"])
        return {f"{first}_vs_{second}": (first, second) for first, second in pairs}

    @cached_property
    def tasks(self) -> list[str]:
        """What is predicted: classification, regression or both."""
        return self.config["evaluation"]["tasks"]

    @cached_property
    def folds(self) -> list[int]:
        """Numbers of folds K."""
        return self.config["evaluation"]["folds"]

    @cached_property
    def main_k(self) -> int:
        """The K at which everything is trained."""
        return self.config["evaluation"]["main_folds"]

    @cached_property
    def half_width(self) -> int:
        """How far the bins reach from the TSS, bp."""
        return self.config["features"]["bins"] * self.config["features"]["bin_size"] // 2

    def lines_of(self, assembly: str) -> list[str]:
        """Cell lines of an assembly."""
        return [line for line in self.cell_lines if self.assembly[line] == assembly]

    def samples_of(
        self,
        assay: str,
        cell_line: str | None = None,
        assembly: str | None = None,
        entry: str | None = None,
        pool: str | None = None,
    ) -> list[str]:
        """Names of the samples of an assay, of one cell line, assembly, entry or pool."""
        wanted = {"assay": assay, "cell_line": cell_line, "assembly": assembly, "pool": pool}
        chosen = {column: value for column, value in wanted.items() if value is not None}
        return [
            sample
            for sample, row in self._rows.items()
            if all(row[column] == value for column, value in chosen.items())
            and entry in (None, self.entry[sample])
        ]

    def paired_samples(self, **chosen: str) -> list[str]:
        """HiChIP samples whose pairs are joined here: not those that enter with loops or bins."""
        samples = self.samples_of("hichip", **chosen)
        return [s for s in samples if self.entry[s] not in ("loops", "bins")]

    def sample_value(self, sample: str, column: str) -> Any:
        """One cell of the sample sheet; "pool" of a HiChIP sample."""
        return self._rows[sample][column]

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        """The sample sheet by sample: rules ask for its cells hundreds of times."""
        table = self.samples.assign(pool=self.samples["sample"].map(self._pool))
        return table.set_index("sample").to_dict("index")

    def units_of(self, sample: str) -> list[str]:
        """Unit names of one sample, in sheet order."""
        return self.units.loc[self.units["sample"] == sample, "unit"].tolist()

    def kinds(self, cell_line: str) -> list[str]:
        """Networks trained for a cell line: without HiChIP only the sequence one."""
        if cell_line not in self.hichip_lines:
            return ["sequence"]
        return ["full", "sequence", *(["hichip"] if self.config["evaluation"]["ablation"] else [])]

    def best_kinds(self, cell_line: str) -> list[str]:
        """The best-equipped network of a cell line; then the sequence one, which stands for it
        where HiChIP has no loop to learn from."""
        return unique([self.kinds(cell_line)[0], "sequence"])

    def filter_kinds(self, cell_line: str) -> list[str]:
        """The network whose first filters are looked at, and what stands for it: the sequence one,
        unless its filters read contacted places too."""
        places = self.reads_places and cell_line in self.loop_lines
        return self.best_kinds(cell_line) if places else ["sequence"]

    @cached_property
    def lines_together(self) -> list[str]:
        """Cell lines that one job trains (training.trainer: stacked): the most that have HiChIP of
        as many targets, or none; empty where each is a job of its own."""
        if self.config["training"].get("trainer") != "stacked":
            return []
        groups: dict[tuple[bool, int], list[str]] = {}
        for line in self.cell_lines:
            alike = line in self.hichip_lines, len(self.marks(line))
            groups.setdefault(alike, []).append(line)
        most = max(groups.values(), key=len)
        return most if len(most) > 1 else []

    def kinds_together(self) -> list[str]:
        """Kinds of network that all `lines_together` have."""
        of_each = [
            {*self.kinds(line), *self.distance_kinds(line), *self.mark_kinds(line)}
            for line in self.lines_together
        ]
        return sorted(set.intersection(*of_each)) if of_each else []

    def distance_kinds(self, cell_line: str) -> list[str]:
        """Networks of the distance scan; the full width is the kind "full" itself."""
        evaluation = self.config["evaluation"]
        chosen = evaluation["distance_cell_lines"] or self.hichip_lines
        if cell_line not in self.hichip_lines or cell_line not in chosen:
            return []
        reaches = sorted(evaluation["distances"], reverse=True)
        return [f"full-{d // 1000}kb" for d in reaches if d != self.half_width]

    def mark_kinds(self, cell_line: str) -> list[str]:
        """Networks of one target alone, of a cell line that has several; contacted places are those
        of all its targets together."""
        ablation = self.config["evaluation"]["ablation"] and not self.reads_places
        wanted = self.marks(cell_line) if ablation else ()
        return [f"full-only-{target}" for target in wanted]

    @cached_property
    def two_steps(self) -> bool:
        """Whether a full network is trained on top of the sequence network's."""
        variant = find_variant(self.config["model"]["variant"])
        return issubclass(variant.Training, TwoStepTraining) and not self.reads_places

    @cached_property
    def reads_places(self) -> bool:
        """Whether its networks read the sequences of contacted places (features.enhancers)."""
        return getattr(find_variant(self.config["model"]["variant"]), "CONTACTED", False)

    def attribution_lines(self) -> list[str]:
        """Cell lines whose promoters' attributions are pooled into motifs."""
        chosen = self.config["motifs"]["attribution_cell_lines"]
        return [line for line in self.cell_lines if chosen is None or line in chosen]

    @cached_property
    def variant_lines(self) -> list[str]:
        """Cell lines for which variants are scored."""
        given = self.config["variants"]["vcf"]
        return [line for line in self.cell_lines if self.assembly[line] in given]

    @cached_property
    def place_lines(self) -> list[str]:
        """Those whose networks read contacted places, in which variants are scored too."""
        lines = self.hichip_lines if self.reads_places else []
        return [line for line in self.variant_lines if line in lines]

    def partners(self, cell_line: str, method: str) -> list[str]:
        """The other cell lines of the assembly whose models of this method predict this one.

        Those with HiChIP of the same targets if this one has it, else those without; where there
        is none, the promoters alone still carry over from any.
        """
        others = [o for o in self.lines_of(self.assembly[cell_line]) if o != cell_line]
        return self._predicting(cell_line, others, method)

    def relatives(self, cell_line: str, method: str) -> list[str]:
        """The same of the other assembly of evaluation.cross_species."""
        given = self.config["evaluation"]["cross_species"]
        pair, own = (given["assemblies"] if given else []), self.assembly[cell_line]
        others = [o for a in pair if own in pair and a != own for o in self.lines_of(a)]
        return self._predicting(cell_line, others, method)

    def _predicting(self, cell_line: str, others: list[str], method: str) -> list[str]:
        has = cell_line in self.hichip_lines, [*self.marks(cell_line)]
        alike = [o for o in others if (o in self.hichip_lines, [*self.marks(o)]) == has]
        return alike or (others if method in ("sequence", "copy") else [])

    def prediction_files(self) -> list[str]:
        """Held-out predictions of every network and baseline."""
        return [
            self.out(f"{stage}/{line}/{task}/K{k}/{method}/predictions.tsv")
            for line in self.cell_lines
            for task in self.tasks
            for k in self.folds
            for stage, methods in (
                ("models", self.trained(line, task, k)),
                ("baselines", self.baselines(line, task)),
            )
            for method in methods
        ]

    def trained(self, line: str, task: str, k: int) -> list[str]:
        """Networks of a task at K: the ablation at the main one only, distances in regression."""
        kinds = self.kinds(line)
        if k != self.main_k:
            return [kind for kind in kinds if kind != "hichip"]
        scanned = [*self.distance_kinds(line), *self.mark_kinds(line)]
        return kinds + (scanned if task == "regression" else [])

    def baselines(self, cell_line: str, task: str) -> list[str]:
        """The baselines of a cell line."""
        methods = self.config["baselines"][task]
        alone = () if cell_line in self.hichip_lines else NEED_LOOPS
        return [method for method in methods if method not in alone]

    def cross_methods(self, cell_line: str) -> list[str]:
        """Networks and baselines by which other cell lines predict this one, regression."""
        if not self.config["evaluation"]["cross_cell_line"] or "regression" not in self.tasks:
            return []
        methods = self._carried(cell_line, "regression")
        return [method for method in methods if self.partners(cell_line, method)]

    def species_methods(self, cell_line: str, task: str) -> list[str]:
        """Networks and baselines by which another assembly's cell lines predict this one."""
        methods = self._carried(cell_line, task)
        return [method for method in methods if self.relatives(cell_line, method)]

    def _carried(self, cell_line: str, task: str) -> list[str]:
        kinds = ["full", "sequence"] if cell_line in self.hichip_lines else ["sequence"]
        return kinds + self.baselines(cell_line, task)

    def cross_files(self) -> list[str]:
        """Cross-cell-line predictions, regression, by network and baseline."""
        return [
            self.out(f"evaluation/cross/{line}/regression/{method}.tsv")
            for line in self.cell_lines
            if self.cross_methods(line)
            for method in [*self.cross_methods(line), "copy"]
        ]

    def species_files(self, ending: str = "tsv") -> list[str]:
        """Predictions across species, of all methods; "apart.tsv": of genes without orthologue."""
        return [
            self.out(f"evaluation/species/{line}.{task}.{ending}")
            for line in self.cell_lines
            for task in self.tasks
            if self.species_methods(line, task)
        ]

    def datasets(self) -> list[str]:
        """The dataset of each cell line."""
        return [self.out(f"features/{line}/dataset.h5") for line in self.cell_lines]

    def tool_versions(self) -> list[str]:
        """Files with the versions of the tools that this run calls."""
        tools = ["kallisto"] if self.samples_of("rna", entry="reads") else []
        tools += ["bowtie", "samtools"] if self.samples_of("hichip", entry="reads") else []
        return [self.out(f"versions/{tool}.txt") for tool in tools]
