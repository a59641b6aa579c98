"""Reports for people: every page, text and Markdown of `verify`, `audit` and `compare` is a template in ``templates``."""
