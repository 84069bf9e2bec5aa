"""The flow as Dagster shows and schedules it: thin assets around the steps of `flow.py`."""
