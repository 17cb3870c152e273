"""Notices: telling people what concerns them, once, where and when they want to hear it."""
