"""BackOffice, clause by clause."""
