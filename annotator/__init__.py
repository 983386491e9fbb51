"""Who said what in Indonesian news, and how do we know."""

__version__ = "0.1.0"
