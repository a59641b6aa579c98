"""The proxy that judges what passes through it."""
