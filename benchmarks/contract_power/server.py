"""Serve a copy of the mock in which one violation is planted: ``python -m benchmarks.contract_power.server --mutant serpi.creation_lost``."""

from __future__ import annotations

import argparse
import time

from mockserver.openapi.documents import list_slugs, load_document
from tests.mutation.copies import serve_copy
from tests.mutation.mutants import mutants


def main() -> None:
    """Serve until the process gets a signal to stop."""
    known = {mutant.id: mutant for slug in list_slugs() for mutant in mutants(slug)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutant", choices=sorted(known), required=True, metavar="ID")
    mutant = known[parser.parse_args().mutant]
    for change in mutant.changes:
        print(change)
    with serve_copy(mutant.slug, mutant.changes) as origin:
        print(f"{mutant.id} ({mutant.category}) on {origin}{load_document(mutant.slug).base_path}", flush=True)
        try:
            while True:
                time.sleep(60)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
