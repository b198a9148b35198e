"""The peer dlt: its REST source with a paginator, normalized by dlt into Parquet files.

Run by the Python of an environment of its own with an ``Order`` of ``bench.large_pull`` as JSON; prints the
seconds it took and the invoices it read. Starting the interpreter and importing are not counted.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator


def main() -> None:
    order = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "invoices",
            pipelines_dir=f"{folder}/state",
            destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/out"),
            dataset_name="invoices",
        )
        started = time.perf_counter()
        pipeline.run(_invoices(order), loader_file_format="parquet")
        seconds = time.perf_counter() - started
        rows = pipeline.last_trace.last_normalize_info.row_counts["invoices"]
    print(json.dumps({"seconds": seconds, "invoices": rows}))


@dlt.resource(name="invoices", write_disposition="append")
def _invoices(order: dict[str, Any]) -> Iterator[Any]:
    client = RESTClient(order["base_url"], headers=order["headers"])
    for query in order["queries"]:
        yield from client.paginate(
            order["path"],
            method="POST",
            json=query,
            data_selector="value.list",
            paginator=PageNumberPaginator(
                base_page=1,
                page_body_path="pageNum",
                page_param=None,
                total_path=None,
                stop_after_empty_page=True,
            ),
        )


if __name__ == "__main__":
    main()
