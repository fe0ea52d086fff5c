"""Configuration, sheets and input files, checked together before any job."""
