"""Rehearsals and drills: a plan carried out against staging, apart from production, and measured."""
