"""Features: promoters, loops and expression become one dataset per cell line, and its splits."""
