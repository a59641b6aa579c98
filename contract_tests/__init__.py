"""The contract suite: judges any implementation by the documents. It imports nothing of the mock; both are a base URL and credentials."""
