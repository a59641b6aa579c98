"""Judge the samples: each runs in a world of its own, is answered with a success, and the answer has the printed shape."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.samples.filling import fill, repair
from tests.samples.reading import PrintedSample
from tests.samples.running import differences, run_curl, run_program

EXCUSED = {
    ("backoffice", "/api/v1/login/"): "The page logs a real person in, who is not seeded: 401. `demo` of the document's example stands for the call.",
}
"""Curl samples that are refused, by vendor and path, with the reason."""
DIFFERENT = (
    ("trincico.D31", re.compile(r"^/\d/type: not printed")),
    ("trincico.D38", re.compile(r"^/(method_details|next_plan): not printed")),
    ("trincico.D44", re.compile(r"^/last_payment/id: not printed")),
    ("trincico.D62", re.compile(r"^/service/id: number printed, text answered")),
    ("trincico.D113", re.compile(r"/payment_method_type: not printed|^/payment_method_type: not printed")),
)
"""Differences of shape that a discrepancy of the page explains."""
PERSON_PRESSES = 428
"""The status of a success that a person has to finish."""


class Judged(NamedTuple):
    """The result of a sample: whether it holds, its outcome in words, and the discrepancies that it rests on."""

    sample: PrintedSample
    holds: bool
    outcome: str
    discrepancies: tuple[str, ...]


def judge(sample: PrintedSample, url: str) -> Judged:
    """Run a sample against the API of its vendor at ``url``, in a world that was not used before."""
    whole, repaired = repair(sample)
    text = fill(whole, url)
    with TemporaryDirectory() as folder:
        if sample.language == "curl":
            return _judge_curl(sample, text, tuple(repaired), Path(folder))
        try:
            printed = run_program(sample.language, text, Path(folder))
        except RuntimeError as error:
            return Judged(sample, holds=False, outcome=str(error), discrepancies=tuple(repaired))
    return Judged(sample, _is_success(printed), f"printed {printed[:60]!r}", tuple(repaired))


def _judge_curl(sample: PrintedSample, text: str, repaired: tuple[str, ...], folder: Path) -> Judged:
    try:
        status, body = run_curl(text, folder)
    except RuntimeError as error:
        return Judged(sample, holds=False, outcome=str(error), discrepancies=repaired)
    excuse = next((reason for (slug, path), reason in EXCUSED.items() if slug == sample.slug and path in sample.text), None)
    if excuse is not None:
        return Judged(sample, status == 401, f"{status}, excused: {excuse}", repaired)
    found = min((differences(printed, body) for printed in sample.answers), key=len, default=[])
    explained = {name for line in found for name, pattern in DIFFERENT if name.startswith(sample.slug) and pattern.search(line)}
    open_ones = [line for line in found if not any(name in explained and pattern.search(line) for name, pattern in DIFFERENT)]
    holds = (status < 300 or status == PERSON_PRESSES) and not open_ones
    return Judged(sample, holds, f"{status} {'; '.join(open_ones)}".strip() if open_ones else str(status), (*repaired, *sorted(explained)))


def _is_success(printed: str) -> bool:
    """Whether a program printed a success: JSON whose member ``success`` is true, encoded once or twice, or the record that print_r shows."""
    if printed.startswith("Array\n("):
        return True
    try:
        body = json.loads(printed)
        body = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("success") is True
