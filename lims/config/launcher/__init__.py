"""Starts the processes of one installation on this machine, restarts each that dies, and leaves nothing running.

`python -m lims.config.launcher` is for the demonstration and for one person's machine; a laboratory's server uses
service units (docs/howto/deploy.md). Knows no Django beyond the settings file, and starts no threads: a child's
death signal is tied to the thread that started it.
"""
