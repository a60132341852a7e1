"""Random kills of a whole installation at work: nothing accepted may be lost, doubled or stuck, no engine orphaned."""
