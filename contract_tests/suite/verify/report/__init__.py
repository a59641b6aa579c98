"""What a run leaves behind: one model of it, and a file for each reader."""

from .model import build
from .write import write

__all__ = ["build", "write"]
