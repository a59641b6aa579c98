"""Traffic tools: audit recordings, judge calls in a proxy, compare two implementations, and replay recordings.

They do not import the mock: like the suite they reach every implementation by URL, and judge by the documents on disk.
"""
