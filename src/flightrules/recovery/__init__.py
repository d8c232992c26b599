"""Backups of databases, what they prove, and what two databases have in common."""
