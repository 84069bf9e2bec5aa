"""What must hold of landed tables and of the candidate, beyond types and keys."""
