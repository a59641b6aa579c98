"""Traffic on trial: recordings audited, calls judged as they pass a proxy, two implementations compared, worlds rebuilt from what was recorded.

Nothing here knows the mock: like the rest of the contract suite it meets every implementation as a URL, and judges by the documents on disk.
"""
