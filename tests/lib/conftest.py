from tests.tiny import tiny_site

__all__ = ["tiny_site"]
