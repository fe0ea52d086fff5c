"""The demo's mini-genome, its reads and the truth behind them, all from one seed.

The reads go through the same tools as real ones (kallisto, bowtie), so a small genome
with known promoter motifs, enhancers and loops shows in minutes whether every stage
finds what it should. Nothing here is used on real data.
"""
