"""Step 0, fetch: exports that arrive in a bucket or on a server come into a folder of this machine.

The other side is only read: nothing there is written, moved or deleted.
"""
