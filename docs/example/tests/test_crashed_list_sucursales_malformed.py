"""Found by `mockserver explore`.

the command ended with a stack trace: UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 12062: invalid
start byte (serpi.list_sucursales #1 is carried out, and its answer cannot be parsed)
"""

import sys

from mockserver.explore import explore

COMMAND = [sys.executable, "push.py"]
SCHEDULE = [{"operation": "serpi.list_sucursales", "occurrence": 1, "fault": "malformed", "times": 1}]


def test_crashed_list_sucursales_malformed(mock_url: str) -> None:
    result = explore(COMMAND, url=mock_url, world="default", hang=15.0, schedules=[SCHEDULE])
    assert not result.findings, result.findings[0].sentence
