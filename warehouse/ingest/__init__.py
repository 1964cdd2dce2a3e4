"""From a landed file to rows of raw: landing, loading, the ledger, what is held or withdrawn."""
