"""Kingdee's product lines behind one small protocol; `galaxy.py` is 云星空."""
