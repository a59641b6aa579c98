"""Runs a client app again and again, each time in a fork of one world with one fault, and reports what the client does wrong.

It is a client of the control plane and takes nothing of the server's code.
"""

from mockserver.explore.api import explore
from mockserver.explore.options import ExploreOptions
from mockserver.explore.result import ClientFinding, NotExplored, Result

__all__ = ["ClientFinding", "ExploreOptions", "NotExplored", "Result", "explore"]
