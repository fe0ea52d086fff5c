"""Figures: each one a table of plotted values and a drawer that needs that table alone."""
