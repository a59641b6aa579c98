"""A vendor made from its document alone: tables, handlers and seeds of what inference understood.

What comes out is what a hand-written vendor hands over: an Api, a Document and a Fixture. Nothing else in the server knows the difference.
"""
