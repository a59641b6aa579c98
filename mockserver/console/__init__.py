"""Pages for people: what is served, and each vendor's reference."""
