"""Reads OpenAPI documents that were not written for the server, and brings them into the form that its other code needs."""
