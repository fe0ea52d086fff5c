"""Reference: a genome and its annotation become genes, promoters and a transcriptome."""
