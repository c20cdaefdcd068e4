"""Strategies that choose what people label next."""
