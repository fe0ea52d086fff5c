"""DeepExpression: gene expression from promoter sequence and HiChIP loops."""

__version__ = "0.1.0"
