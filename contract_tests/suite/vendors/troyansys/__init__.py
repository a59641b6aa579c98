"""Troyansys: every clause of the seven described operations."""
