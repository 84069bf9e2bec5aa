"""How long our work takes beside other ways of doing it, measured side by side: `make bench`."""
