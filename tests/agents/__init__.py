"""The tools of ``mockserver mcp``, asked by the client of the protocol's SDK."""
