"""What every resource of the REST API shares: problems, lists, entity tags, idempotency, strictness."""
