"""INFO fields of an annotated VCF, and from which columns of the tables their values come."""

from collections import Counter
from collections.abc import Sequence

from deepexpr.variants.vcf import Field, Record, escaped

#: What the prediction is, by task.
UNITS = {"regression": "log10 expression", "classification": "probability of being expressed"}

#: Beginnings of the names: of variants in promoters, and of those in contacted places.
PROMOTER, PLACE = "DX_", "DXE_"

#: INFO field, column, type, meaning; of the promoter or place with the largest effect, where an
#: allele lies in several.
_PREDICTED = (
    ("REF", "predicted_reference", "Float", "Predicted {unit} of the reference allele"),
    ("ALT", "predicted_alternate", "Float", "Predicted {unit} of the alternate allele"),
    ("EFFECT", "effect", "Float", "Their difference, {prefix}ALT less {prefix}REF, mean over "
     "folds"),
    ("FOLDS_SD", "folds_sd", "Float", "Standard deviation of the difference over folds"),
    ("STRANDS_SD", "strands_sd", "Float", "Over both strands of the {place}"),
    ("SHIFTS_SD", "shifts_sd", "Float", "Over shifts of the {place}'s window"),
    ("PERCENTILE", "percentile", "Float", "Percentage of random variants of the same "
     "{place}s with a smaller absolute difference, half of equal ones too"),
    ("MADE", "made", "String", "Known motifs that match the alternate allele only, "
     "joined by |"),
    ("BROKEN", "broken", "String", "Known motifs that match the reference allele only, "
     "joined by |"),
)  # fmt: skip
_OWN = {
    PROMOTER: (
        ("GENE", "gene", "String", "Gene of the promoter in which the allele changes the "
         "prediction most"),
        ("TSS", "tss_distance", "Integer", "bp from its TSS in the gene's orientation, negative "
         "upstream"),
        *_PREDICTED,
        ("PROMOTERS", "", "Integer", "Promoters in which the allele lies"),
    ),
    PLACE: (
        ("GENE", "gene", "String", "Gene whose prediction the allele changes most, in a place "
         "that loops join to it"),
        ("COUNT", "count", "Float", "Normalised count of that contact"),
        ("DISTANCE", "distance", "Integer", "bp from the gene's TSS to the middle of the "
         "contact's anchor in the gene's orientation, negative upstream"),
        *_PREDICTED,
        ("PLACES", "", "Integer", "Contacts of genes in whose places the allele lies"),
    ),
}  # fmt: skip

#: Names of all fields that this verb ever writes: those of an earlier run give way.
NAMES = frozenset(prefix + name for prefix, fields in _OWN.items() for name, *_ in fields)


def info_fields(prefix: str, place: str, task: str) -> list[Field]:
    """The fields of one kind of place, called `place`; the task decides what is predicted."""
    words = {"prefix": prefix, "place": place, "unit": UNITS[task]}
    return [
        Field(prefix + name, kind, text.format(**words)) for name, _, kind, text in _OWN[prefix]
    ]


def info_values(prefix: str, record: Record, scored: Sequence[dict]) -> dict[str, list[str]]:
    """The fields of a record, one value per alternate allele, "." for those not scored.

    scored : its rows of the table, with the number of the `allele`.
    """
    first: dict[int, dict] = {}
    for row in sorted(scored, key=lambda row: -abs(row["effect"])):
        first.setdefault(row["allele"], row)
    number = Counter(row["allele"] for row in scored)
    alleles = range(len(record.alternates))
    return {
        prefix + name: [_text(first[i][column]) if i in first else "." for i in alleles]
        if column
        else [str(number[i]) for i in alleles]
        for name, column, _, _ in _OWN[prefix]
    }


def _text(value: object) -> str:
    """A value as INFO has it; "." for none."""
    if isinstance(value, str):
        return "|".join(map(escaped, value.split("|"))) or "."
    return "." if value != value else f"{value:.7g}"
