"""Faults, time, identifiers, names, requests and replies: values that every higher layer uses."""
