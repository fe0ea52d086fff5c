"""Motifs: what the network's filters and the strongest enhancers hold, against known motifs."""
