"""Configuration and sheets: read, completed with defaults and checked before any job."""
