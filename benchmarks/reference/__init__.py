"""A small API that every server of the comparison implements: one document, one vendor for our server, the same payloads for all."""
