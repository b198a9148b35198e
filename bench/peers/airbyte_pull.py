"""The peer airbyte-cdk, read by its entry point as a sync reads a source; its messages go nowhere.

Three sources: ``declarative``, a manifest as the connector builder writes it; ``typed``, an ``HttpStream`` in
Python with the schema of an invoice, its records normalized to that schema by the CDK's ``TypeTransformer``;
and ``bare``, an ``HttpStream`` that hands on what it was given: a pull without any normalizing. Run by the
Python of an environment of its own with an ``Order`` of ``bench.large_pull`` as JSON and the source's name;
prints the seconds it took and the invoices it read. Starting the interpreter and importing are
not counted.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, ConnectorSpecification
from airbyte_cdk.sources import AbstractSource, Source
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.sources.streams.http import HttpStream
from airbyte_cdk.sources.utils.transform import TransformConfig, TypeTransformer

NAME = "invoices"
SCHEMA = {"type": "object", "additionalProperties": True, "properties": {}}


def _object(names: Mapping[str, Sequence[str]], **more: Any) -> dict[str, Any]:
    """The schema of a record: the names of its fields by their type, none of which must have a value."""
    fields = {name: {"type": ["null", kind]} for kind, of_kind in names.items() for name in of_kind}
    return {"type": "object", "additionalProperties": True, "properties": {**fields, **more}}


LINE = _object(
    {
        "integer": ("xh",),
        "number": ("shl", "dj", "je", "se"),
        "string": ("hwmc", "spbm", "ggxh", "dw", "sl"),
    }
)
INVOICE = _object(
    {
        "number": ("je", "se", "jshj"),
        "string": (
            "fpdm",
            "fphm",
            "sdpbz",
            "fplb",
            "kprq",
            "xfNsrsbh",
            "xfMc",
            "gfNsrsbh",
            "gfMc",
            "yxbz",
            "yfphm",
        ),
    },
    fpmxs={"type": ["null", "array"], "items": LINE},
)
CATALOG = {
    "streams": [
        {
            "stream": {"name": NAME, "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "overwrite",
        }
    ]
}
PARTITION = ("jxbz", "kprqq", "kprqz")


class Invoices(HttpStream):
    primary_key = None
    http_method = "POST"
    name = NAME

    def __init__(self, order: Mapping[str, Any]) -> None:
        super().__init__()
        self._order = order

    @property
    def url_base(self) -> str:
        return str(self._order["base_url"])

    def path(self, **_: Any) -> str:
        return str(self._order["path"])

    def request_headers(self, **_: Any) -> Mapping[str, Any]:
        return dict(self._order["headers"])

    def stream_slices(self, **_: Any) -> Iterable[Mapping[str, Any]]:
        return list(self._order["queries"])

    def request_body_json(
        self, stream_slice: Any = None, next_page_token: Any = None, **_: Any
    ) -> Mapping[str, Any]:
        return {**stream_slice, **(next_page_token or {})}

    def next_page_token(self, response: requests.Response) -> Mapping[str, Any] | None:
        value = response.json()["value"]
        if value["pageNum"] * value["pageSize"] >= value["total"]:
            return None
        return {"pageNum": value["pageNum"] + 1}

    def parse_response(self, response: requests.Response, **_: Any) -> Iterable[Mapping[str, Any]]:
        yield from response.json()["value"]["list"]

    def get_json_schema(self) -> Mapping[str, Any]:
        return SCHEMA


class TypedInvoices(Invoices):
    transformer = TypeTransformer(TransformConfig.DefaultSchemaNormalization)

    def get_json_schema(self) -> Mapping[str, Any]:
        return INVOICE


class InvoiceSource(AbstractSource):
    def __init__(self, stream: type[Invoices]) -> None:
        self._stream = stream

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:
        return True, None

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        return [self._stream(config)]

    def spec(self, *_: Any) -> ConnectorSpecification:
        return ConnectorSpecification(connectionSpecification={})


def declarative(order: Mapping[str, Any]) -> Source:
    size = order["queries"][0]["pageSize"]
    retriever = {
        "type": "SimpleRetriever",
        "requester": {
            "type": "HttpRequester",
            "url_base": order["base_url"],
            "path": order["path"],
            "http_method": "POST",
            "request_headers": order["headers"],
            "request_body_json": {
                **{name: f"{{{{ stream_slice.q.split('|')[{n}] }}}}" for n, name in enumerate(PARTITION)},
                "pageSize": size,
            },
        },
        "record_selector": {
            "type": "RecordSelector",
            "extractor": {"type": "DpathExtractor", "field_path": ["value", "list"]},
        },
        "paginator": {
            "type": "DefaultPaginator",
            "page_token_option": {
                "type": "RequestOption",
                "inject_into": "body_json",
                "field_name": "pageNum",
            },
            "pagination_strategy": {
                "type": "PageIncrement",
                "start_from_page": 1,
                "page_size": size,
                "inject_on_first_request": True,
            },
        },
        "partition_router": {
            "type": "ListPartitionRouter",
            "values": ["|".join(query[name] for name in PARTITION) for query in order["queries"]],
            "cursor_field": "q",
        },
    }
    stream = {
        "type": "DeclarativeStream",
        "name": NAME,
        "primary_key": [],
        "retriever": retriever,
        "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
    }
    manifest = {
        "version": "7.39.1",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": [NAME]},
        "streams": [stream],
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    }
    catalog = ConfiguredAirbyteCatalogSerializer.load(CATALOG)
    return ConcurrentDeclarativeSource(catalog=catalog, config={}, state=None, source_config=manifest)


SOURCES = {
    "declarative": declarative,
    "typed": lambda order: InvoiceSource(TypedInvoices),
    "bare": lambda order: InvoiceSource(Invoices),
}


def main() -> None:
    order, name = json.loads(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["read"]
        for option, content in (("config", order), ("catalog", CATALOG)):
            path = Path(folder, f"{option}.json")
            path.write_text(json.dumps(content))
            arguments += [f"--{option}", str(path)]
        asked = AirbyteEntrypoint.parse_args(arguments)
        started = time.perf_counter()
        messages = AirbyteEntrypoint(SOURCES[name](order)).run(asked)
        read = sum('"type":"RECORD"' in message for message in messages)
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "invoices": read}))


if __name__ == "__main__":
    main()
