"""Monedero, clause by clause."""
