"""What figures a run has and what each is made from; the get_* helpers of figures.smk."""

from deepexpr.figures.registry import FIGURES


def get_named(option, paths):
    """Options NAME=path for the verb `table`."""
    return [f"--{option}={name}={path}" for name, path in paths.items()]


def get_datasets():
    return [out(f"features/{line}/dataset.h5") for line in CELL_LINES]


def get_signals():
    return {line: out(f"loops/{line}/signal.tsv") for line in LOOP_LINES}


def get_qc():
    return {line: out(f"hichip/qc.cell_line-{line}.tsv") for line in CALLED_LINES}


def get_loop_qc():
    return {line: out(f"loops/{line}/qc.tsv") for line in CALLED_LINES}


def get_run_infos():
    """What kallisto says of each sample that it counted here."""
    return {
        sample: out(
            f"expression/{get_sample_value(sample, 'assembly')}/kallisto/{sample}/run_info.json"
        )
        for sample in get_samples("rna", entry="reads")
    }


def get_tool_versions():
    """Files with the versions of the tools that this run calls."""
    tools = ["kallisto"] if get_samples("rna", entry="reads") else []
    tools += ["bowtie", "samtools"] if get_samples("hichip", entry="reads") else []
    return [out(f"versions/{tool}.txt") for tool in tools]


def get_title():
    """What was run, in a line."""
    folds = ", ".join(map(str, FOLDS))
    return (
        f"{', '.join(TASKS)}; network {config['model']['variant']}; K = {folds} ({SCHEME} folds);"
        f" seed {config['seed']}"
    )


def get_libraries():
    """Options: what is known of the quality of the libraries and their loops."""
    return [
        *get_named("qc", get_qc()),
        *get_named("loop-qc", get_loop_qc()),
        *get_named("run-info", get_run_infos()),
    ]


def get_histories():
    return {
        f"{line} {task} {kind}": out(
            f"models/{line}/{task}/K{MAIN_K}/{kind}/history.tsv"
        )
        for line in CELL_LINES
        for task in TASKS
        for kind in get_kinds(line)
    }


def get_searches():
    """Search tables of the baselines with a grid, at the main K."""
    grids = {"lasso": "Lasso", "svm": "SVM", "random_forest": "forest"}
    return {
        f"{line} {task} {grids[method]}": out(
            f"baselines/{line}/{task}/K{MAIN_K}/{method}/search.tsv"
        )
        for line in CELL_LINES
        for task in TASKS
        for method in config["baselines"][task]
        if method in grids
    }


def get_main_bundle():
    """The bundle figure 1 is drawn from: the full network where there is HiChIP."""
    line = (HICHIP_LINES or CELL_LINES)[0]
    kind = get_kinds(line)[0]
    return out(f"models/{line}/{TASKS[-1]}/K{MAIN_K}/{kind}/bundle")


def get_plates():
    """Every figure to make: file stem -> (figure, category, options of `table`)."""
    metrics = [f"--metrics={out('evaluation/metrics.tsv')}"]
    tests = [f"--tests={out('evaluation/tests.tsv')}"]
    datasets = [f"--dataset={path}" for path in get_datasets()]
    cross = (
        [f"--cross={out('evaluation/cross_metrics.tsv')}"] if get_cross_files() else []
    )
    loops = get_named("signal", get_signals()) + get_named("qc", get_qc())
    plates = {
        "table1": ("table1", "2. Data", datasets + loops),
        "figure_1": ("1", "3. Network", [f"--bundle={get_main_bundle()}"]),
        "training_curves": (
            "training_curves", "6. Quality", get_named("history", get_histories())
        ),
    }  # fmt: skip
    reach = [f"--full-reach={HALF_WIDTH}"]
    compared = metrics + datasets + cross + reach + get_motif_summaries()
    plates["paper"] = ("paper", "4. Performance", compared)
    if HICHIP_LINES:
        plates |= {
            "figure_2A": ("2A", "2. Data", datasets),
        }
        if LOOP_LINES:
            plates["figure_2B"] = ("2B", "2. Data", datasets)
        if CALLED_LINES:
            plates["qc"] = ("qc", "6. Quality", get_named("qc", get_qc()))
        plates |= get_gene_plates()
    if "classification" in TASKS:
        plates["figure_3"] = ("3", "4. Performance", metrics + tests)
    if "regression" in TASKS:
        plates["figure_4"] = ("4", "4. Performance", metrics + tests)
    if cross:
        cross_tests = [f"--tests={out('evaluation/cross_tests.tsv')}"]
        plates["figure_5"] = ("5", "4. Performance", cross + cross_tests)
    if HICHIP_LINES and config["evaluation"]["ablation"]:
        plates["figure_6"] = ("6", "4. Performance", metrics + tests)
    if any(get_distance_kinds(line) for line in CELL_LINES):
        plates["figure_7"] = ("7", "4. Performance", metrics + reach)
    for line in CELL_LINES:
        plates[f"figure_8.{line}"] = (
            "8",
            "5. Motifs",
            get_motif_options(line, "filters"),
        )
    for line in get_attribution_lines():
        options = get_motif_options(line, "attribution")
        plates[f"attribution_motifs.{line}"] = (
            "attribution_motifs", "5. Motifs", options
        )  # fmt: skip
    for line, gene in get_interpreted():
        folder = out(f"motifs/{line}/interpretation/{gene}")
        plates[f"interpretation.{line}.{gene}"] = (
            "interpretation", "5. Motifs",
            [f"--interpretation={folder}", f"--cell-line={line}"],
        )  # fmt: skip
    if LOOP_LINES:
        folders = {line: out(f"motifs/{line}/cismodule") for line in LOOP_LINES}
        traces = {line: f"{folder}/trace.tsv" for line, folder in folders.items()}
        plates["convergence"] = (
            "convergence", "6. Quality", get_named("trace", traces)
        )  # fmt: skip
    if get_searches():
        plates["search"] = ("search", "6. Quality", get_named("search", get_searches()))
    for line in LOOP_LINES:
        plates[f"figure_9.{line}"] = (
            "9",
            "5. Motifs",
            get_motif_options(line, "enhancers"),
        )
    return plates


def get_left_out():
    """One line for each reason why figures of the paper are not among the plates."""
    reasons = {
        "no sample is HiChIP": (
            [] if HICHIP_LINES else ["2A", "2B", "2C", "6", "7", "9"]
        ),
        "bins are given and single loops are not known": (
            ["2B", "2C", "9"] if HICHIP_LINES and not LOOP_LINES else []
        ),
        "evaluation.tasks lacks classification": (
            [] if "classification" in TASKS else ["3"]
        ),
        "evaluation.tasks lacks regression": [] if "regression" in TASKS else ["4"],
        "no cell line can be predicted from others of its assembly": (
            [] if get_cross_files() else ["5"]
        ),
        "evaluation.ablation is false": (
            ["6"] if HICHIP_LINES and not config["evaluation"]["ablation"] else []
        ),
        "evaluation.distances leaves nothing to compare": (
            ["7"]
            if HICHIP_LINES and not any(map(get_distance_kinds, CELL_LINES))
            else []
        ),
    }
    return [
        f"Left out, as {reason}: figure{'s' * (len(figures) > 1)} {', '.join(figures)}."
        for reason, figures in reasons.items()
        if figures
    ]


def get_gene_plates():
    """Figure 2C, one per assembly with HiChIP."""
    plates = {}
    for assembly in HICHIP_ASSEMBLIES:
        lines = [line for line in LOOP_LINES if ASSEMBLY[line] == assembly]
        if not lines:
            continue
        options = [f"--dataset={out(f'features/{line}/dataset.h5')}" for line in lines]
        options += get_named("signal", {line: get_signals()[line] for line in lines})
        options += [
            f"--genes={out(f'reference/{assembly}/genes.tsv')}",
            f"--transcripts={out(f'reference/{assembly}/transcripts.tsv')}",
        ]
        if config["assemblies"][assembly]["genome"]:
            options.append(f"--chrom-sizes={out(f'reference/{assembly}/chrom.sizes')}")
        gene = config["figures"]["gene"]
        if isinstance(gene, dict):
            gene = gene.get(assembly)
        options += [f"--gene={gene}"] if gene else []
        plates[f"figure_2C.{assembly}"] = ("2C", "2. Data", options)
    return plates


def get_motif_summaries():
    """Options: how many filters and enhancer motifs match a known motif, by cell line."""
    paths = {
        f"{line} filters": out(f"motifs/{line}/filters.summary.tsv")
        for line in CELL_LINES
    }
    paths |= {
        f"{line} enhancers": out(f"motifs/{line}/enhancers.summary.tsv")
        for line in LOOP_LINES
    }
    return get_named("motif-summary", paths)


def get_motif_options(line, motifs):
    """Figures 8 and 9: the motifs and their matches."""
    return [
        f"--filters={out(f'motifs/{line}/{motifs}.meme')}",
        f"--tomtom={out(f'motifs/{line}/{motifs}.tomtom.tsv')}",
        f"--jaspar={config['motifs']['targets']}",
        f"--e-value={config['motifs']['e_value']}",
        f"--cell-line={line}",
    ]


def get_caption(figure):
    """The file in report/ with a figure's caption."""
    return f"figure_{figure}" if figure[0].isdigit() else figure


def get_label(stem, figure):
    """What the report calls a figure: number, title, and what it is of, if there are several."""
    number = f"Figure {figure}. " if figure[0].isdigit() else ""
    number = "Table 1. " if figure == "table1" else number
    of = stem.partition(".")[2]
    return f"{number}{FIGURES[figure].title}" + (f", {of}" if of else "")


def get_figure_environment(figure):
    """The environment a figure is made in: 1 reads a network, 8 and 9 the known motifs."""
    return {
        "1": "tensorflow",
        "8": "motifs",
        "9": "motifs",
        "attribution_motifs": "motifs",
    }.get(figure, "deepexpr")


def get_option_paths(options):
    """The input files among options of the form --name=path or --name=LABEL=path."""
    prefix = out("")
    return [value for o in options if (value := o.split("=")[-1]).startswith(prefix)]


PLATES = get_plates()

if workflow.is_main_process:
    for line in get_left_out():
        logger.info(line)
