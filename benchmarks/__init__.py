"""Measurements that anyone can repeat; every figure in the documentation comes from one of these scripts."""
