"""Twelve clients with planted bugs, and what ``mockserver explore`` finds of them."""
