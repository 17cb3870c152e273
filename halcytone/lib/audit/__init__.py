"""The audit chain: who did what, when, in rows that nobody can change without being found out."""
