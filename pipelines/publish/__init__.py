"""Makes a candidate that passed the gate the release that readers see, whole and for good."""
