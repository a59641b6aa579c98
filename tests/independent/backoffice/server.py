"""Start the independent BackOffice: ``python server.py`` with PORT, READING, BUG and DB in the environment."""

import os
import sys
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.independent.backoffice.app import make_app

if __name__ == "__main__":
    uvicorn.run(make_app(), host="127.0.0.1", port=int(os.environ.get("PORT", "8120")), log_level="warning", access_log=False)
