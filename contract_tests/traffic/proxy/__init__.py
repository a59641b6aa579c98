"""A proxy that judges the calls that it forwards."""
