"""Finds the resources of a document by names, paths and schemas: document → model, with the reason of each finding."""
