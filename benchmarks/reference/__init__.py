"""A small API that every server of the comparison plays: one document, one vendor for our server, the same payloads for all."""
