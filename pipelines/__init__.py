"""How data moves: one room per step, in the order of the flow (see README.md)."""
