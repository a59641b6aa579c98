"""SERPI, clause by clause."""
