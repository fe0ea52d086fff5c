"""Expression: RNA-seq counts of transcripts become one normalised value per gene."""
