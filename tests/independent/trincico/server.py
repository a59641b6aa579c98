"""Start the server: `python server.py`, with the environment PORT, READING, BUG, DB (see settings.py)."""

import pathlib
import runpy
import sys

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3]))
    runpy.run_module("tests.independent.trincico.application", run_name="__main__")
