"""Planted bugs: a suite that cannot see them proves nothing. `python -m tests.mutations` runs them."""
