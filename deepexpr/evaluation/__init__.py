"""Evaluation: predictions of every method become metrics and tests of significance."""
