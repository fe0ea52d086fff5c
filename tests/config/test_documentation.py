"""The configuration's page and the editors' schema say what the classes check."""

import json

import jsonschema
import pytest
import yaml

from deepexpr.config.documentation import config_page, editor_schema
from deepexpr.config.settings import config_problems


def test_pages_are_what_the_classes_say(root):
    assert (root / "config/README.md").read_text() == config_page(), "run `make docs`"
    assert (root / "config/schema.json").read_text() == editor_schema(), "run `make docs`"


def test_every_key_is_described():
    schema = json.loads(editor_schema())
    for name, section in {**schema["$defs"], "": schema}.items():
        assert section["description"], name
        for key, field in section["properties"].items():
            assert "description" in field or "$ref" in json.dumps(field), f"{name}.{key}"


@pytest.mark.parametrize(
    "folder",
    ["", "demo", "chr22", "human", "cross_species", "enhancers", "paper-tables", "template"],
)
def test_the_editors_schema_takes_the_shipped_overlays(root, folder):
    overlay = yaml.safe_load((root / "config" / folder / "config.yaml").read_text())
    jsonschema.validate(overlay, json.loads(editor_schema()))


@pytest.mark.parametrize(
    "overlay",
    [{"loop": {}}, {"loops": {"confidence": 1}}, {"loops": {"mode": "x"}}, {"seed": -1}],
)
def test_the_editors_schema_refuses_what_the_check_refuses(overlay):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(overlay, json.loads(editor_schema()))
    assert config_problems(overlay)
