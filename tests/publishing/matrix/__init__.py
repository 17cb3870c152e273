"""The crash matrix: every channel, at every step of the ledger, under every blow."""
