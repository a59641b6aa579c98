"""Vendor-blind machinery: nothing in here knows the name of a vendor."""
