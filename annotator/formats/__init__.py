"""Annotations as files that other tools read."""
