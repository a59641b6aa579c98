"""One package per vendor, each with the same names in it; see ``README.md`` for what a package holds."""
