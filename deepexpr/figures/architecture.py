"""Figure 1: the network, drawn from the model that was trained and not from a description of it."""

import itertools
import logging
import textwrap
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from deepexpr.errors import InputError
from deepexpr.features.bundles import read_record
from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.model.config import TwoStepTraining, find_variant

logger = logging.getLogger(__name__)

#: One row per layer. module: "proximal", "words" (the part of the proximal module that counts
#: words), "distal" or "joint"; layers of one `box` (numbered
#: within the module) are drawn as one; output is the shape for one gene, "positions x maps".
ARCHITECTURE_COLUMNS = columns_of(
    "order name type module box detail output parameters trainable",
    words="type module detail output",
)

MODULE_TITLES = {
    "proximal": "Proximal module: promoter sequence",
    "words": "Words of the same promoter",
    "distal": "Distal module: HiChIP loops",
    "joint": "Joint output",
}
MODULE_COLOURS = {
    "proximal": "#FBE3D2", "words": "#FBF3D2", "distal": "#D3EFE5", "joint": "#DCEAF7",
}  # fmt: skip

#: Sizes in inches.
BOX_HEIGHT, STEP, BOX_WIDTH, TITLE_HEIGHT = 0.36, 0.5, 3.2, 0.3
Place = tuple[float, float, float]  # centre, top and width

_JOINED = ("Concatenate",)
_CONVOLUTION = ("Conv1D", "Conv2D")
_FOLLOWERS = (
    "Activation", "ReLU", "BatchNormalization", "Dropout", "SpatialDropout1D", *_JOINED,
)  # fmt: skip
#: Layers of one kind that are drawn as one box where they follow each other.
_TOGETHER = ("WordCounts", "Add")
#: Layers whose name says more than their type: boxes stand in one column though two branches run
#: beside each other, so their words say what goes on.
_NAMED = {
    "other_strand": ("Both strands", "the promoter beside its reverse complement"),
    "turned_back": ("The second strand turned back", ""),
    "loop_totals": ("Sums within distances", "of the bins, beside the bins"),
    "totals_scaling": ("Scaling of the sums", ""),
    "bins_scaling": ("Scaling of the bins", ""),
}


def build_architecture(inputs: Inputs) -> pd.DataFrame:
    """Layers of the first model of a bundle, in the order of computation."""
    from deepexpr.model.saved import load_model
    from deepexpr.model.variants import register_layers

    bundle = Path(inputs.bundle)
    record = read_record(bundle) if (bundle / "bundle.json").is_file() else {}
    paths = sorted(bundle.glob("**/*.keras"))
    if not paths:
        raise InputError(
            "The bundle holds no network.",
            where=str(inputs.bundle),
            expected="a file that ends in .keras (baseline bundles have none)",
            fix="Give a bundle that `deepexpr train` wrote.",
        )
    if variant := record.get("model", {}).get("variant"):
        register_layers(str(variant), str(bundle))
    model = load_model(paths[0])
    rows = layer_rows(model)
    # The word score is solved, and with two steps of training the whole proximal module frozen.
    two_steps = not variant or issubclass(find_variant(variant).Training, TwoStepTraining)
    modules = [layer.name for layer in model.layers]
    if record.get("kind") == "full" and "proximal" in modules:
        frozen = ("proximal", "words") if two_steps else ("words",)
        rows = [row | {"trainable": 0} if row["module"] in frozen else row for row in rows]
    logger.info("%s: %d layers, %s parameters", paths[0], len(rows), f"{model.count_params():,}")
    return pd.DataFrame(rows, columns=list(ARCHITECTURE_COLUMNS))


def layer_rows(model) -> list[dict]:
    """One dict per layer of a Keras model, layers of nested models in their place."""
    nested = [layer for layer in model.layers if hasattr(layer, "layers")]
    if not nested:
        return _flat_model_rows(model)
    found: list[dict] = []
    for part in nested:
        module = {"contacted": "distal"}.get(part.name, part.name)
        module = module if module in ("proximal", "distal") else "joint"
        layers = list(_flat(part))
        # The inputs of nested models only hand on what is there already.
        inner = [layer for layer in layers if type(layer).__name__ == "InputLayer"][1:]
        found += [_row(layer, _part(layer, module)) for layer in layers if layer not in inner]
    own = [layer for layer in model.layers if layer not in nested]
    found += [_row(layer, "joint") for layer in own if type(layer).__name__ != "InputLayer"]
    modules = sorted(dict.fromkeys(row["module"] for row in found), key="joint".__eq__)
    groups = [_with_boxes([r for r in found if r["module"] == name]) for name in modules]
    return [{"order": number, **row} for number, row in enumerate(itertools.chain(*groups))]


def _part(layer, module: str) -> str:
    """Words are a column of their own; where their score is added, the columns meet."""
    if layer.name == "proximal_score":
        return "joint"
    return "words" if layer.name.startswith(("word", "known_motifs")) else module


def _flat_model_rows(model) -> list[dict]:
    """Rows of a model without nested ones: modules by which inputs reach a layer."""
    sources: dict[str, frozenset[str]] = {}
    for entry in model.get_config()["layers"]:
        parents = _histories(entry["inbound_nodes"])
        own = frozenset({entry["name"]}) if not parents else frozenset()
        sources[entry["name"]] = own.union(*(sources[parent] for parent in parents))
    inputs = {layer.name for layer in model.layers if type(layer).__name__ == "InputLayer"}

    def module(name: str) -> str:
        if len(inputs) > 1 and sources[name] >= inputs:
            return "joint"
        return (
            "distal" if any(source.startswith("bins") for source in sources[name]) else "proximal"
        )

    rows: list[dict] = []
    for part in ("proximal", "distal", "joint"):
        layers = [layer for layer in model.layers if module(layer.name) == part]
        rows += _with_boxes([_row(layer, part) for layer in layers])
    return [{"order": number, **row} for number, row in enumerate(rows)]


def _histories(node) -> list[str]:
    """Names of the layers whose outputs a serialised Keras node reads."""
    if isinstance(node, dict):
        if "keras_history" in node:
            return [node["keras_history"][0]]
        node = list(node.values())
    if isinstance(node, list | tuple):
        return [name for part in node for name in _histories(part)]
    return []


def draw_architecture(table: pd.DataFrame) -> Figure:
    """Boxes of layers, proximal left, distal right, the joint output below; sizes in each box."""
    if table.empty:
        return style.only_words("Architecture", "The model has no layers.")
    columns = {name: _boxes(table, name) for name in ("words", "proximal", "distal")}
    columns = {name: boxes for name, boxes in columns.items() if boxes}
    joint = _boxes(table, "joint")
    rows = max((len(boxes) for boxes in columns.values()), default=0)
    height = (rows + len(joint)) * STEP + 3 * TITLE_HEIGHT + 0.3
    width = style.TWO_COLUMNS
    figure = Figure(figsize=(width, height))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_xlim(0, width)
    axis.set_ylim(0, height)
    axis.set_axis_off()
    top = height - 0.2
    share = width / max(len(columns), 1)
    centres = [share * (column + 0.5) for column in range(len(columns))]
    box_width = min(BOX_WIDTH, share - 0.15)
    ends = []
    for centre, (name, boxes) in zip(centres, columns.items(), strict=False):
        # Modules end on one level, where they meet.
        start = top - (rows - len(boxes)) * STEP
        ends.append((centre, _column(axis, name, boxes, (centre, start, box_width))))
    _joint(axis, joint, ends, width / 2, top - rows * STEP - TITLE_HEIGHT)
    _footer(axis, table)
    return figure


def _flat(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _flat(layer)
        else:
            yield layer


def _row(layer, module: str) -> dict:
    shape = [str(size) for size in tuple(layer.output.shape)[1:]]
    grown = type(layer).__name__ == "TreeScore"  # not by gradients, and not frozen either
    return {
        "name": layer.name,
        "type": type(layer).__name__,
        "module": module,
        "detail": _detail(layer),
        "output": " x ".join(shape),
        "parameters": int(layer.count_params()),
        "trainable": int(bool(layer.trainable_weights) or grown or not layer.weights),
    }


def _detail(layer) -> str:
    """What sets a layer apart, from its own configuration."""
    config = layer.get_config()
    kind = type(layer).__name__
    if kind in _CONVOLUTION:
        width = "x".join(map(str, config["kernel_size"]))
        text = f"{config['filters']} filters, width {width}"
    elif kind == "Dense":
        text = f"{config['units']} unit{'s' if config['units'] != 1 else ''}"
    elif "Pooling1D" in kind and "pool_size" in config:
        text = f"over {config['pool_size'][0]} positions"
    elif kind == "Dropout":
        text = f"{config['rate']:g}"
    elif kind == "WordCounts":
        strands = ", both strands" if config["both_strands"] else ""
        gap = f" around {config['gap']}" if config.get("gap") else ""
        windows = len(config["edges"]) - (not config.get("soft"))
        text = f"{config['word']} bp{gap} × {windows} windows{strands}"
    elif kind == "MotifScans":
        text = f"{config['motifs']} motifs, both strands"
    elif kind == "Cropping1D":
        text = "of the outer bins"
    elif kind == "TreeScore":
        text = f"{config['trees']} trees, on the score too"
    else:
        text = ""
    activation = config.get("activation")
    named = activation if isinstance(activation, str) and activation != "linear" else ""
    return ", ".join(part for part in (text, named) if part)


def _with_boxes(rows: list[dict]) -> list[dict]:
    """Number the boxes of a module: a convolution with what follows it, dense blocks whole."""
    units: list[list[dict]] = []
    for row in rows:
        again = row["type"] in _TOGETHER and units and units[-1][-1]["type"] == row["type"]
        follows = (
            (row["type"] in _FOLLOWERS or again) and units and units[-1][0]["type"] != "InputLayer"
        )
        if follows:
            units[-1].append(row)
        else:
            units.append([row])
    box, was_joined = -1, False
    for unit in units:
        joined = unit[0]["type"] in _CONVOLUTION and any(r["type"] in _JOINED for r in unit)
        if not (joined and was_joined):
            box += 1
        was_joined = joined
        for row in unit:
            row["box"] = box
    return rows


def _boxes(table: pd.DataFrame, module: str) -> list[pd.DataFrame]:
    own = table[table["module"] == module]
    return [rows for _, rows in own.groupby("box", sort=True)]


def _text(rows: pd.DataFrame, block: int) -> tuple[str, str]:
    """Heading and detail of a box."""
    first = rows.iloc[0]
    detail = "" if pd.isna(first["detail"]) else str(first["detail"])
    dropout = rows.loc[rows["type"] == "Dropout", "detail"]
    extras = []
    if (rows["type"] == "BatchNormalization").any():
        extras.append("batch norm")
    extras += [str(a) for a in rows.loc[rows["type"] == "Activation", "detail"].unique()]
    if len(dropout):
        extras.append(f"dropout {dropout.iloc[0]}")
    convolutions = int(rows["type"].isin(_CONVOLUTION).sum())
    if convolutions and rows["type"].isin(_JOINED).any():
        conv = rows[rows["type"].isin(_CONVOLUTION)].iloc[0]
        return f"Dense block {block}: {convolutions} × {conv['type']}", _join(
            str(conv["detail"]), extras
        )
    if first["name"] in _NAMED:
        heading, detail = _NAMED[first["name"]]
        if rows["type"].isin(_JOINED).any():
            extras.append("joined to the sums")
        return heading, _join(detail, extras)
    heading = {
        "InputLayer": f"Input: {first['name']}", "Dense": "Fully connected",
        "AveragePooling1D": "Average pooling", "MaxPooling1D": "Max pooling",
        "Rescaling": "Scaling", "Add": "Sum of the scores", "Flatten": "All positions in a row",
        "Cropping1D": "Cropping", "Conv1D": "Convolution", "Softmax": "Softmax",
        "DropoutFrom": "Dropout of the bins", "WordCounts": "Word counts",
        "MotifScans": "Known motifs in windows",
        "LoopWindows": "Loops summed in windows", "TreeScore": "Boosted trees",
    }.get(first["type"], first["type"])  # fmt: skip
    if first["type"] == "WordCounts":
        counted = rows.loc[rows["type"] == "WordCounts", "detail"]
        gaps = counted.str.contains(" around ")
        detail = "; ".join(counted[~gaps])
        if gaps.any():  # no room for both
            detail = detail.replace(", both strands", "; with gaps")
    if first["type"] == "Add" and first["module"] == "proximal":
        heading = "Both strands added"
    if first["name"].endswith("_score") and first["type"] == "Dense":
        heading = first["name"].replace("_", " ").capitalize().replace("Hichip", "HiChIP")
    if first["name"] in ("expression", "probability"):
        heading = f"{first['name'].capitalize()} ({heading.lower()})"
    return heading, _join(detail, extras)


def _join(detail: str, extras: list[str]) -> str:
    return ", ".join(part for part in (detail, *extras) if part).replace("relu", "ReLU")


def _column(axis: Axes, name: str, boxes: list, place: Place) -> float:
    """Draw a module downwards from its top; the y of its lower end."""
    centre, top, width = place
    frozen = _is_frozen(boxes)
    title = MODULE_TITLES[name] + (", frozen" if frozen else "")
    axis.text(centre, top, title, ha="center", va="top", fontweight="bold", fontsize=7.5)
    return _stack(axis, name, boxes, (centre, top - TITLE_HEIGHT, width), frozen)


def _is_frozen(boxes: list) -> bool:
    weighted = pd.concat(boxes)
    weighted = weighted[weighted["parameters"] > 0]
    return len(weighted) > 0 and not weighted["trainable"].astype(bool).any()


def _stack(axis: Axes, name: str, boxes: list, place: Place, frozen: bool) -> float:
    (centre, top, width), block = place, 0
    for number, rows in enumerate(boxes):
        y = top - number * STEP
        block += int(rows["type"].isin(_JOINED).any() and rows["type"].isin(_CONVOLUTION).any())
        words = _text(rows, block)
        _box(axis, rows, words, (centre, y, width), MODULE_COLOURS[name], frozen)
        if number:
            _arrow(axis, (centre, y + STEP - BOX_HEIGHT), (centre, y))
    return top - (len(boxes) - 1) * STEP - BOX_HEIGHT


def _box(
    axis: Axes, rows: pd.DataFrame, words: tuple[str, str], place: Place, fill: str, frozen: bool
) -> None:
    """One box with its words."""
    centre, top, width = place
    left = centre - width / 2
    axis.add_patch(
        FancyBboxPatch(
            (left, top - BOX_HEIGHT), width, BOX_HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.05", facecolor=fill, edgecolor="#555555",
            linewidth=0.7, linestyle=(0, (3, 2)) if frozen else "-",
        )
    )  # fmt: skip
    heading, detail = words
    weights = int(rows["parameters"].sum())
    # Letters that fit beside the number of weights, 26 to the inch.
    room = int((width - 0.2) * 26) - (len(f"{weights:,} weights") if weights else 0)
    axis.text(left + 0.07, top - 0.06, heading, va="top", fontsize=6.8)
    axis.text(
        left + 0.07, top - BOX_HEIGHT + 0.06, textwrap.shorten(detail, room, placeholder=" …"),
        va="bottom", fontsize=5.6, color="#444444",
    )  # fmt: skip
    shape = str(rows["output"].iloc[-1]).replace("x", "×")
    axis.text(left + width - 0.07, top - 0.06, shape, va="top", ha="right", fontsize=6.3)
    if weights:
        axis.text(
            left + width - 0.07, top - BOX_HEIGHT + 0.06, f"{weights:,} weights", va="bottom",
            ha="right", fontsize=5.6, color="#444444",
        )  # fmt: skip


def _arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axis.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": "#555555", "linewidth": 0.7,
        "shrinkA": 0, "shrinkB": 0, "mutation_scale": 6},
    )  # fmt: skip


def _joint(axis: Axes, boxes: list, ends: list, centre: float, level: float) -> None:
    if not boxes:
        return
    top = level - TITLE_HEIGHT
    for x, y in ends:
        shift = max(-0.5, min(0.5, x - centre))
        _arrow(axis, (x, y), (centre + shift, top))
    _stack(axis, "joint", boxes, (centre, top, BOX_WIDTH), False)


def _footer(axis: Axes, table: pd.DataFrame) -> None:
    frozen = table.loc[~table["trainable"].astype(bool), "parameters"].sum()
    text = f"{int(table['parameters'].sum()):,} weights"
    text += (
        f", {int(frozen):,} of them frozen (dashed boxes)" if frozen else ", none of them frozen"
    )
    axis.text(0.1, 0.06, f"{text}. In each box right: positions × maps, and weights.", fontsize=6)
