"""One package per vendor, all with the same module names; see "Adding a vendor" in ``README.md``."""
