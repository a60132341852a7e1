"""One adapter per tool, and what they share: processes, the sandbox, the journal."""
