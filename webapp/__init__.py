"""Liaochat: a web chat for a small team that hosts it itself."""

__version__ = "0.1.0"
