"""Corrections of what inference understood: the declarations of a document and of its overlays, read, applied and written."""
