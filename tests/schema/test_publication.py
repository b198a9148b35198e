"""What is published about the common schema is what the code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError
from typer.testing import CliRunner

from cli.schema import app
from schema.catalogue import ROWS, VERSION
from schema.publication import json_schema, markdown
from schema.rows.tax_payment import TaxPayment
from tests.schema.test_tables import PAID

DOCS = Path(__file__).parents[2] / "docs" / "schema.md"


def test_the_page_is_current() -> None:
    assert DOCS.read_text("utf-8") == markdown(), "write it anew: taxlink schema docs > docs/schema.md"


def test_the_page_names_every_table_column_and_term() -> None:
    page = markdown()
    for name, row in ROWS.items():
        assert f"### `{name}`" in page
        assert all(f"`{column}`" in page for column in row.model_fields)


def test_the_published_schema_takes_a_row_and_refuses_a_wrong_one() -> None:
    published = json.loads(CliRunner().invoke(app, ["export"]).stdout)
    assert published == json_schema()
    assert published["version"] == VERSION
    assert set(published["properties"]) == set(ROWS)
    Draft202012Validator.check_schema(published)
    validator = Draft202012Validator(published)
    row = TaxPayment(**PAID).model_dump(mode="json")
    validator.validate({"tax_payment": [row]})
    for wrong in ({"amount_fen": 1.5}, {"nature": "bribe"}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            validator.validate({"tax_payment": [row | wrong]})
