"""Callbacks and webhooks of a document: what triggers them, what they say, and to whom they go."""
