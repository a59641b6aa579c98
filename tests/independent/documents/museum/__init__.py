"""Servers written from public documents alone, to be judged by these documents."""
