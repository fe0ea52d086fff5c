"""Variants of a VCF in promoters: what they do to predictions and to known motifs."""
