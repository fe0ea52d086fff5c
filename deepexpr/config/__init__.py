"""Configuration and sheets: read, and completed with defaults."""
