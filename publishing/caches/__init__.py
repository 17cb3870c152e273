"""Caches that can be told to forget pages: one module for each kind."""
