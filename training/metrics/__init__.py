"""Measures of recommendation lists: one number a user first, then statistics over users."""
