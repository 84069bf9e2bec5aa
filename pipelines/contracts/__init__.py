"""Contracts for people who write them: a first draft from a file, and whether a file would land.

Belongs here: what is guessed when a contract is drafted, each guess with its reason, and trying a
contract on a file without leaving a trace. Does not belong here: what a contract may say
(`models/contract*.py`) and landing itself (`pipelines/land`), which never guesses.
"""
