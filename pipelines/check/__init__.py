"""Asks every question of what landed and of the candidate, and decides whether it is released."""
