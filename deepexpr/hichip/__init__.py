"""HiChIP: reads to trimmed mates, pairs, contacts, loops and normalised signal (method.md, 2)."""
