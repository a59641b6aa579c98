"""Run every sample of the vendors' pages as printed: ``python -m tests.samples DIR``, or ``make samples PAGES=DIR``.

Nothing is replaced but host, credentials and placeholders; what is broken on a page is repaired and named by its discrepancy. Ends with 1 if a
sample does not hold.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.conftest import Server
from tests.samples.judging import judge
from tests.samples.reading import SLUGS, read_samples
from tests.samples.running import is_installed


def main(folder: Path) -> int:
    try:
        samples = list(read_samples(folder))
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is not there: name the folder that holds {', '.join(f'{slug}.txt' for slug in SLUGS)}")
    counts: Counter[str] = Counter()
    failed = 0
    server = Server()
    try:
        for number, sample in enumerate(samples):
            if not is_installed(sample.language):
                counts[f"{sample.language}, not run: no interpreter"] += 1
                continue
            judged = judge(sample, f"{server.url}/~sample-{number}/{sample.slug}")
            counts[f"{sample.language}, {'held' if judged.holds else 'failed'}"] += 1
            failed += not judged.holds
            rests = f"  ({', '.join(judged.discrepancies)})" if judged.discrepancies else ""
            sys.stdout.write(f"{'held  ' if judged.holds else 'FAILED'} {sample.slug}:{sample.line} {sample.language} {judged.outcome}{rests}\n")
    finally:
        server.stop()
    sys.stdout.write("".join(f"{count:4} {kind}\n" for kind, count in sorted(counts.items())))
    return min(failed, 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.samples DIR, the folder of the pages; make samples PAGES=DIR")
    sys.exit(main(Path(sys.argv[1])))
