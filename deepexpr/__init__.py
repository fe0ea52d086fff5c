"""DeepExpression: gene expression from promoter sequence and HiChIP loops."""

__version__ = "0.2.0"
