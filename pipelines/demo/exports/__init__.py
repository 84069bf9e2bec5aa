"""Writes what happened in the example company as its vendors' products would export it."""
