"""The reader of OpenAPI documents: files, operations, paths, schemas, examples. Imports nothing else of mockserver."""
