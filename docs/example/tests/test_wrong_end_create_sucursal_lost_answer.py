"""Found by `mockserver explore`.

exit code 0, but the end is not that of a run without faults (duplicated): added in serpi.branches is too many
(serpi.create_sucursal #1 is carried out, and the connection is reset instead of the answer)
"""

import sys

from mockserver.explore import explore

COMMAND = [sys.executable, "push.py"]
SCHEDULE = [{"operation": "serpi.create_sucursal", "occurrence": 1, "fault": "lost-answer", "times": 1}]


def test_wrong_end_create_sucursal_lost_answer(mock_url: str) -> None:
    result = explore(COMMAND, url=mock_url, world="default", hang=15.0, schedules=[SCHEDULE])
    assert not result.findings, result.findings[0].sentence
