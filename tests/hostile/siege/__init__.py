"""A standing adversary: generated input of every kind against one server process, for as long as one likes."""
