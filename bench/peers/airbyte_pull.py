"""The peer airbyte-cdk: a source with one ``HttpStream``, read by its entry point as a sync reads it; its
messages go nowhere.

Run by the Python of an environment of its own with an ``Order`` of ``bench.large_pull`` as JSON; prints the
seconds it took and the invoices it read. Starting the interpreter and importing are not counted.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import ConnectorSpecification
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.sources.streams.http import HttpStream


class Invoices(HttpStream):
    primary_key = None
    http_method = "POST"

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
        return {"type": "object", "additionalProperties": True, "properties": {}}


class Source(AbstractSource):
    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:
        return True, None

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        return [Invoices(config)]

    def spec(self, *_: Any) -> ConnectorSpecification:
        return ConnectorSpecification(connectionSpecification={})


def main() -> None:
    order = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        files = {"config": order, "catalog": _catalog(Invoices(order))}
        arguments = ["read"]
        for name, content in files.items():
            path = Path(folder, f"{name}.json")
            path.write_text(json.dumps(content))
            arguments += [f"--{name}", str(path)]
        asked = AirbyteEntrypoint.parse_args(arguments)
        started = time.perf_counter()
        read = sum('"type":"RECORD"' in message for message in AirbyteEntrypoint(Source()).run(asked))
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "invoices": read}))


def _catalog(stream: Stream) -> dict[str, Any]:
    listed = {"name": stream.name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    return {"streams": [{"stream": listed, **modes}]}


if __name__ == "__main__":
    main()
