"""What an OpenAPI document says: reading, schemas, examples. Imports nothing else of mockserver."""
