"""Step 7, serve: answers from the release that is served, for the command line and pages."""
