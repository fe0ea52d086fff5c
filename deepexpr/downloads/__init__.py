"""Getting data that is not here yet: URLs, sequencing archives, Python packages."""
