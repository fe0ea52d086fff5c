"""HiChIP: reads to trimmed mates, pairs, contacts, loops and normalised signal (spec §2)."""
