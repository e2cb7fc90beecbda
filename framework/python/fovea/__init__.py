"""Reads the results files of Fovea: runs and their groups, tables, selections, statistics. docs/python.md has examples."""
from . import statistics
from .comparison import compare
from .figure import Figure, figure
from .groups import Group, Runs
from .run import Run
from .selection import Csr, Selection
from .table import Table
from .text import Error

__all__ = ["Csr", "Error", "Figure", "Group", "Run", "Runs", "Selection", "Table", "compare", "figure", "statistics"]
