"""The tools of ``mockserver mcp``: what a program that works for a developer can ask a running server, and have it do.

The tools are a client of the control plane, as the command line is: they meet the server as a URL, and hold no state of its worlds.
"""
