"""Proving figures: from a published value down to the rows of the exports behind it."""
