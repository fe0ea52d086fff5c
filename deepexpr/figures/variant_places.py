"""Variants in contacted places: effect against the contact's distance, and by known motifs."""

import pandas as pd
from matplotlib.figure import Figure

from deepexpr.figures.inputs import Inputs
from deepexpr.figures.variants import VARIANTS_COLUMNS, draw_effects, thinned
from deepexpr.files import read
from deepexpr.schemas import PLACE_VARIANTS

#: As of variants in promoters, one row per variant x contact of a gene; tss_distance is that of the
#: middle of the contact's anchor.
VARIANT_PLACES_COLUMNS = VARIANTS_COLUMNS
TITLE = "Variants in contacted places"


def build_variant_places(inputs: Inputs) -> pd.DataFrame:
    """The table of `deepexpr variants --places`, evenly thinned where it is long."""
    return thinned(read(PLACE_VARIANTS, inputs.variant_places), inputs.cell_line, "distance")


def draw_variant_places(table: pd.DataFrame) -> Figure:
    """Left: change against the contact's distance; right: its size by motifs."""
    return draw_effects(
        table, TITLE, "contacted place", "bp from the TSS to the anchor (gene's orientation)"
    )
