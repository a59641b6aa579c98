"""The contract suite and the traffic tools. Of the mock they import the reader of documents only: a target is a base URL and credentials."""
