"""The warehouse's own room: homes, contracts, ingest, publication and the command line."""

__version__ = "0.1.0"
