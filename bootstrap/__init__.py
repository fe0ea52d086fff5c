"""Set-up and runs of the pipeline on a fresh machine; the standard library only."""
