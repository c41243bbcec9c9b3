"""Qeasy (轻易云) schemes: read, translated to a native mapping, and run as one."""
