"""The flow as Dagster shows and schedules it: thin assets around the steps of `flow.py`.

Modules with assets do not postpone their annotations: Dagster reads the context's as it stands.
"""
