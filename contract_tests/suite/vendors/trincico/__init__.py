"""Trincico: what its page promises, clause by clause."""
